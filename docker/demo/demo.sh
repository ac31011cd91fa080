# ./dev up and ./dev down; read by `dev`, whose functions it uses.
# shellcheck shell=bash
# shellcheck source=docker/demo/cluster.sh
source "$top/docker/demo/cluster.sh"

demo_flights=$top/docker/demo/flights-20k.jsonl

demo_command() { "$demo_bin/ropewalk" --brokers "$(demo_addresses native)" "$@"; }

# Pieces of 200 flights; in the middle broker LEADER dies.
demo_feed() {
  local first lines leader=$1
  lines=$(wc -l <"$demo_flights")
  for ((first = 1; first <= lines; first += 200)); do
    sed -n "$first,$((first + 199))p" "$demo_flights"
    sleep 0.05
    if [ "$first" -le $((lines / 2)) ] && [ $((first + 200)) -gt $((lines / 2)) ]; then
      kill -9 "$(demo_pid "$leader")"
    fi
  done
}

# Broker that leads partition 0 of flights.
demo_leader() {
  demo_command topic describe flights --json | grep -o '"leader":[0-9]*' | head -n 1 | cut -d: -f2
}

# demo_pauses FILE: of "SECONDS PARTITION" lines, the longest time between two of one partition.
demo_pauses() {
  awk '{ if ($2 in last && $1 - last[$2] > longest) longest = $1 - last[$2]; last[$2] = $1 }
    END { printf "%.3f", longest }' "$1"
}

# The flights of the file, sent once: a second `up` on the same data finds them there.
demo_produce() {
  local leader acks=$demo_dir/acknowledged line partition rest status=0
  demo_command topic create flights --partitions 6 --replication-factor 3 --set retention.ms=-1
  leader=$(demo_leader)
  echo "pushing 20,000 flights, 200 every 50 ms; on the way broker $leader, which leads a third of the partitions, is killed (kill -9)"
  demo_feed "$leader" | {
    "$demo_bin/ropewalk" --brokers "$(demo_addresses native)" produce flights --print-offsets \
      --json-key origin --json-time date --time-format '%Y/%m/%d %H:%M' || echo failed
  } | while read -r line partition rest; do
    [ "$line" != failed ] || exit 1
    echo "${EPOCHREALTIME/,/.} $partition"
  done >"$acks" || status=1
  demo_launch "$leader"
  demo_expect "$leader"
  [ $status -eq 0 ] || die "not every flight was acknowledged; the brokers' messages are in $demo_dir/broker-*/log"
  printf 'acknowledged %d flights; the longest pause of a partition was %s s; broker %d is back\n\n' \
    "$(wc -l <"$acks")" "$(demo_pauses "$acks")" "$leader"
}

# demo_read [COUNT]: all that is there, which must be so many.
demo_read() {
  "$demo_bin/flights" "$(demo_address 1 native)" flights | tee "$demo_dir/read"
  [ -z "${1:-}" ] || grep -q "^$1 flights " "$demo_dir/read" || die "$1 flights were pushed"
}

demo_try_next() {
  local address admin kafka bin=build/release/bin/ropewalk up="./dev up"
  address=$(demo_address 1 native) admin=$(demo_address 1 admin) kafka=$(demo_address 1 kafka)
  [ "$demo_port" -eq 9192 ] || { bin="$bin --brokers $address"; up="$up --port $demo_port"; }
  cat <<NEXT

Three brokers go on serving on $(demo_addresses native); their data is in $demo_dir. Try:
  $bin cluster status
  $bin topic describe flights
  $bin consume flights --partition 0 --count 3 --format json
  $bin topic create notes --partitions 1
  echo hello | $bin produce notes --print-offsets
  $bin consume notes --follow      # Ctrl-C ends it
  kcat -b $kafka -C -t flights -p 0 -c 3 -e     # any Kafka client reads and writes them, too
  curl -s http://$admin/metrics                 # what monitors read
  kill -9 $(demo_pid 2); $up   # every acknowledged record is still there
  ./dev down
NEXT
}

cmd_up() {
  local port=9192
  while [ $# -gt 0 ]; do
    case $1 in
      --port) port=${2:?--port needs a number}; shift 2 ;;
      *) wrong "up: '$1' was not expected" ;;
    esac
  done
  [[ $port =~ ^[0-9]+$ ]] && [ "$port" -gt 1024 ] && [ "$port" -lt 65000 ] ||
    wrong "up: --port is a number from 1025 to 64999"
  build release ropewalkd ropewalk flights
  demo_format "$port"
  demo_start
  if demo_command topic describe flights >/dev/null 2>&1; then
    echo "The topic 'flights' is there from an earlier run; its records are read again."
    demo_read
  else
    demo_produce
    demo_read "$(wc -l <"$demo_flights")"
  fi
  demo_try_next
}

cmd_down() {
  [ $# -eq 0 ] || wrong "down takes nothing"
  if [ -z "$(for broker in $demo_brokers; do demo_pid "$broker"; done)" ]; then
    echo "No broker of ./dev up is running."
    return 0
  fi
  demo_stop || die "some brokers did not stop"
  echo "Stopped. The data stays in $demo_dir; rm -r $demo_dir removes it."
}
