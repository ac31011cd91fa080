# ./dev up and ./dev down; read by `dev`, whose functions it uses.
# shellcheck shell=bash

demo_dir=${ROPEWALK_DEMO_DIR:-$top/build/demo}
demo_bin=$top/build/release/bin

demo_pid() {
  local pid
  [ -f "$demo_dir/pid" ] || return 1
  pid=$(cat "$demo_dir/pid")
  # The number may be another process's by now.
  [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *"--data-dir $demo_dir/data"* ]] || return 1
  echo "$pid"
}

# demo_address LISTENER: where it listens, out of the ready line.
demo_address() { sed -n "s/^ready .*$1=\([^ ]*\).*/\1/p" "$demo_dir/ready"; }

# Waits for the line with which the broker says that it serves.
demo_wait_ready() {
  local pid=$1 tries
  for ((tries = 0; tries < 300; tries++)); do
    grep -q '^ready ' "$demo_dir/ready" && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# demo_port_is_taken LISTENER: whether that is why the broker did not start
demo_port_is_taken() { grep -q "$1_listen.*address_in_use\|address_in_use.*$1_listen" "$demo_dir/log"; }

# demo_start PORT ADMIN_PORT KAFKA_PORT
demo_start() {
  local port=$1 admin_port=$2 kafka_port=$3 pid
  mkdir -p "$demo_dir"
  : >"$demo_dir/ready"
  setsid "$demo_bin/ropewalkd" --data-dir "$demo_dir/data" --native-listen "127.0.0.1:$port" \
    --admin-listen "127.0.0.1:$admin_port" --kafka-listen "127.0.0.1:$kafka_port" >"$demo_dir/ready" 2>"$demo_dir/log" </dev/null &
  pid=$!
  echo "$pid" >"$demo_dir/pid"
  demo_wait_ready "$pid" && return 0
  rm -f "$demo_dir/pid"
  kill "$pid" 2>/dev/null || true
  # Any free port will do for the monitors and for other people's clients.
  if [ "$admin_port" -ne 0 ] && demo_port_is_taken admin; then
    demo_start "$port" 0 "$kafka_port"
    return
  fi
  if [ "$kafka_port" -ne 0 ] && demo_port_is_taken kafka; then
    demo_start "$port" "$admin_port" 0
    return
  fi
  if grep -q address_in_use "$demo_dir/log"; then
    die "port $port on 127.0.0.1 is in use by another program; choose another: ./dev up --port 19192"
  fi
  tail -n 20 "$demo_dir/log" >&2
  die "the broker did not start; its messages are in $demo_dir/log"
}

# The flights of the file, sent once: a second `up` on the same data finds them there.
demo_produce() {
  local address=$1 begin end
  if "$demo_bin/ropewalk" --brokers "$address" topic describe flights >/dev/null 2>&1; then
    echo "The topic 'flights' is there from an earlier run; its records are read again."
    return 0
  fi
  "$demo_bin/ropewalk" --brokers "$address" topic create flights --partitions 6 \
    --set retention.ms=-1
  begin=$(date +%s%N)
  "$demo_bin/ropewalk" --brokers "$address" produce flights \
    --file "$top/docker/demo/flights-20k.jsonl" \
    --json-key origin --json-time date --time-format '%Y/%m/%d %H:%M'
  end=$(date +%s%N)
  awk -v ns=$((end - begin)) -v n="$(wc -l <"$top/docker/demo/flights-20k.jsonl")" 'BEGIN {
    printf "pushed %d flights in %.3f s (%.0f a second), every one on disk before it was acknowledged\n\n",
      n, ns / 1e9, n / (ns / 1e9) }'
}

demo_try_next() {
  local address=$1 admin=$2 kafka=$3 bin=build/release/bin/ropewalk up="./dev up"
  [ "$address" = 127.0.0.1:9192 ] || { bin="$bin --brokers $address"; up="$up --port ${address##*:}"; }
  cat <<NEXT

The broker goes on serving on $address; its data is in $demo_dir/data. Try:
  $bin topic describe flights
  $bin consume flights --partition 0 --count 3 --format json
  $bin topic create notes --partitions 1
  echo hello | $bin produce notes --print-offsets
  $bin consume notes --follow      # Ctrl-C ends it
  kcat -b $kafka -C -t flights -p 0 -c 3 -e     # any Kafka client reads and writes them, too
  curl -s http://$admin/metrics                 # what monitors read
  kill -9 $(cat "$demo_dir/pid"); $up   # every acknowledged record is still there
  ./dev down
NEXT
}

cmd_up() {
  local port=9192 admin_port kafka_port pid address
  while [ $# -gt 0 ]; do
    case $1 in
      --port) port=${2:?--port needs a number}; shift 2 ;;
      *) wrong "up: '$1' was not expected" ;;
    esac
  done
  [[ $port =~ ^[0-9]+$ ]] || wrong "up: --port is a number"
  admin_port=$((port + 452))  # 9644 beside 9192.
  [ "$port" -ne 0 ] && [ "$admin_port" -le 65535 ] || admin_port=0
  kafka_port=$((port - 100))  # 9092 beside 9192.
  [ "$kafka_port" -gt 0 ] || kafka_port=0
  build release ropewalkd ropewalk flights
  if pid=$(demo_pid); then
    echo "The broker is running already (process $pid)."
  else
    demo_start "$port" "$admin_port" "$kafka_port"
  fi
  address=$(demo_address native)
  demo_produce "$address"
  "$demo_bin/flights" "$address" flights
  demo_try_next "$address" "$(demo_address admin)" "$(demo_address kafka)"
}

cmd_down() {
  local pid tries
  [ $# -eq 0 ] || wrong "down takes nothing"
  if ! pid=$(demo_pid); then
    echo "No broker of ./dev up is running."
    return 0
  fi
  kill -TERM "$pid"
  for ((tries = 0; tries < 300; tries++)); do
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f "$demo_dir/pid"
      echo "Stopped. The data stays in $demo_dir/data; rm -r $demo_dir removes it."
      return 0
    fi
    sleep 0.1
  done
  die "process $pid does not stop; its messages are in $demo_dir/log"
}
