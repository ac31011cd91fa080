# The three brokers of ./dev up and ./dev down; read by demo.sh.
# shellcheck shell=bash
#
# Broker N has its data, its pid, what it printed and its messages in $demo_dir/broker-N. Ports go up
# by 10 with each broker: 9192, 9202, 9212 for native clients, 9193 for brokers, 9092 for Kafka's
# clients, 9644 for monitors and so on. $demo_dir/cluster remembers how it was formatted.

demo_dir=${ROPEWALK_DEMO_DIR:-$top/build/demo}
demo_bin=$top/build/release/bin
demo_brokers="1 2 3"

# demo_pid N
demo_pid() {
  local folder=$demo_dir/broker-$1 pid
  [ -f "$folder/pid" ] || return 1
  pid=$(cat "$folder/pid")
  # The number may be another process's by now.
  [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *"--data-dir $folder/data "* ]] || return 1
  echo "$pid"
}

# demo_address N LISTENER: where it listens, out of the ready line.
demo_address() { sed -n "s/^ready .*$2=\([^ ]*\).*/\1/p" "$demo_dir/broker-$1/ready"; }

# demo_addresses LISTENER: of all brokers, with commas.
demo_addresses() {
  local broker all=()
  for broker in $demo_brokers; do all+=("$(demo_address "$broker" "$1")"); done
  (IFS=,; echo "${all[*]}")
}

# demo_format PORT: a new cluster, unless there is one.
demo_format() {
  local port=$1 broker cluster voters=()
  if [ -f "$demo_dir/cluster" ]; then
    # shellcheck disable=SC1091
    source "$demo_dir/cluster"
    [ "$demo_port" -eq "$port" ] ||
      die "the brokers in $demo_dir were made for port $demo_port: ./dev up --port $demo_port, or ./dev down and rm -r $demo_dir"
    return 0
  fi
  mkdir -p "$demo_dir"
  rm -rf "$demo_dir"/broker-*  # A format that was interrupted.
  cluster=$("$demo_bin/ropewalkd" new-id)
  for broker in $demo_brokers; do
    voters+=("$broker@127.0.0.1:$((port + 10 * broker - 9)):$("$demo_bin/ropewalkd" new-id)")
  done
  demo_cluster=$cluster demo_voters=$(IFS=,; echo "${voters[*]}") demo_port=$port
  for broker in $demo_brokers; do
    mkdir -p "$demo_dir/broker-$broker"
    "$demo_bin/ropewalkd" format --data-dir "$demo_dir/broker-$broker/data" --broker-id "$broker" \
      --cluster-id "$demo_cluster" --quorum-voters "$demo_voters" >"$demo_dir/broker-$broker/log" 2>&1 ||
      { cat "$demo_dir/broker-$broker/log" >&2; die "broker $broker could not be formatted"; }
  done
  printf 'demo_port=%s demo_cluster=%s demo_voters=%s\n' "$port" "$demo_cluster" "$demo_voters" \
    >"$demo_dir/cluster"
}

# demo_port_is_taken N LISTENER: whether that is why the broker did not start
demo_port_is_taken() {
  grep -q "$2_listen.*address_in_use\|address_in_use.*$2_listen" "$demo_dir/broker-$1/log"
}

# demo_launch N [ADMIN_PORT KAFKA_PORT]: does not wait until it serves.
demo_launch() {
  local broker=$1 folder=$demo_dir/broker-$1 base=$((demo_port + 10 * ($1 - 1)))
  local admin_port=${2:-$((base + 452))} kafka_port=${3:-$((base - 100))}
  : >"$folder/ready"
  setsid "$demo_bin/ropewalkd" --data-dir "$folder/data" --broker-id "$broker" \
    --cluster-id "$demo_cluster" --quorum-voters "$demo_voters" --native-listen "127.0.0.1:$base" \
    --broker-listen "127.0.0.1:$((base + 1))" --admin-listen "127.0.0.1:$admin_port" \
    --kafka-listen "127.0.0.1:$kafka_port" >"$folder/ready" 2>"$folder/log" </dev/null &
  echo $! >"$folder/pid"
  disown $!  # Else the shell says so when it is killed.
}

# Waits for the line with which the broker says that it serves.
demo_wait_ready() {
  local folder=$demo_dir/broker-$1 pid tries
  pid=$(cat "$folder/pid")
  for ((tries = 0; tries < 600; tries++)); do
    grep -q '^ready ' "$folder/ready" && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}

# Waits for a broker that was launched; launches it again where a port that does not matter is taken.
demo_expect() {
  local broker=$1 base=$((demo_port + 10 * ($1 - 1))) admin kafka tries
  admin=$((base + 452)) kafka=$((base - 100))
  for ((tries = 0; tries < 3; tries++)); do
    demo_wait_ready "$broker" && return 0
    # Any free one will do for the monitors and for other people's clients.
    if demo_port_is_taken "$broker" admin; then
      admin=0
    elif demo_port_is_taken "$broker" kafka; then
      kafka=0
    else
      break
    fi
    demo_launch "$broker" "$admin" "$kafka"
  done
  tail -n 20 "$demo_dir/broker-$broker/log" >&2
  if grep -q address_in_use "$demo_dir/broker-$broker/log"; then
    demo_stop
    [ -f "$demo_dir/used" ] || rm -rf "$demo_dir/cluster" "$demo_dir"/broker-[123]
    die "port $base or $((base + 1)) on 127.0.0.1 is in use by another program; choose others: ./dev up --port 19192"
  fi
  die "broker $broker did not start; its messages are in $demo_dir/broker-$broker/log"
}

# Starts those that do not run.
demo_start() {
  local broker started=()
  for broker in $demo_brokers; do
    demo_pid "$broker" >/dev/null && continue
    demo_launch "$broker"
    started+=("$broker")
  done
  for broker in "${started[@]}"; do demo_expect "$broker"; done
  [ ${#started[@]} -gt 0 ] || echo "The three brokers are running already."
  touch "$demo_dir/used"
}

# Stops those that run; returns how many did not stop.
demo_stop() {
  local broker pid tries stuck=0
  for broker in $demo_brokers; do
    pid=$(demo_pid "$broker") && kill -TERM "$pid" 2>/dev/null
  done
  for broker in $demo_brokers; do
    for ((tries = 0; tries < 300; tries++)); do
      demo_pid "$broker" >/dev/null || break
      sleep 0.1
    done
    if demo_pid "$broker" >/dev/null; then
      echo "dev: broker $broker does not stop; see $demo_dir/broker-$broker/log" >&2
      stuck=$((stuck + 1))
    else
      rm -f "$demo_dir/broker-$broker/pid"
    fi
  done
  return $stuck
}
