# shellcheck shell=bash
# A single Kafka node (KRaft, loopback only, 512 MB of heap). Every function takes the node's folder, so
# that the launcher and the tests' environment run brokers the same way.

readonly kafka_version=4.3.1
readonly maven_dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1

kafka_jars() { echo "$cache/kafka-$kafka_version"; }

# install_kafka LOGS: the jars, once for all homes, each one checked against its pinned checksum.
install_kafka() {
  local jars sums=$root/launcher/kafka/jars.sha256 fetch
  jars=$(kafka_jars)
  cmp -s "$sums" "$jars/verified.sha256" && return
  mkdir -p "$cache"
  fetch=$(mktemp -d "$cache/kafka-fetch.XXXXXX") || fail "cannot write in $cache: is the disk full?"
  local log=$1/kafka-install.log try
  for try in 1 2 3; do
    if run_step "$log" "fetching Apache Kafka $kafka_version (50 MB, try $try)" \
      mvn -B -ntp -f "$root/launcher/kafka/pom.xml" "$maven_dependency_plugin:copy-dependencies" \
      -DincludeScope=runtime "-DoutputDirectory=$fetch"; then
      break
    elif ((try == 3)); then
      rm -rf "$fetch"
      grep -m 1 ERROR "$log" | cut -c 1-400 | sed 's/^/    /' >&2 || true
      fail "Maven could not fetch Apache Kafka; is there a network, and do your Maven settings reach a registry? Its words: $log"
    fi
    sleep 3
  done
  if ! (cd "$fetch" && sha256sum --quiet --strict -c "$sums") >"$log" 2>&1; then
    show_end "$log" 5
    rm -rf "$fetch"
    fail "what Maven fetched for Apache Kafka is not what launcher/kafka/jars.sha256 pins; nothing was installed"
  fi
  cp "$sums" "$fetch/verified.sha256"
  rm -rf "$jars"
  mv "$fetch" "$jars"
}

# configure_kafka DIR PORT CONTROLLER_PORT [PROXY_UPSTREAM PROXY_PORT]: with the last two, a second listener is
# bound at PROXY_UPSTREAM and tells its clients to come to PROXY_PORT, where a test puts a proxy.
configure_kafka() {
  local dir=$1 port=$2 controller=$3 upstream=${4:-} proxy=${5:-}
  local listeners=INTERNAL://127.0.0.1:$port advertised=INTERNAL://127.0.0.1:$port
  if [[ -n $upstream ]]; then
    listeners+=,PROXIED://127.0.0.1:$upstream
    advertised+=,PROXIED://127.0.0.1:$proxy
  fi
  mkdir -p "$dir/data"
  cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$advertised
listener.security.protocol.map=INTERNAL:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
log.dirs=$dir/data
# Services make their topics themselves, with the partitions and policies they must have.
auto.create.topics.enable=false
log.retention.ms=-1
# One node: one replica of everything. Few internal partitions make its start quick.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=16777216
replica.fetch.max.bytes=16777216
# A transaction whose owner died is ended soon after its own timeout, not up to ten seconds later.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.index.size.max.bytes=1048576
# Kafka's own default. A shorter one brings the broker back sooner after kill -9, for the controller waits until
# its earlier session is over; but a node that stands still for longer is taken for dead by its own controller, and
# of that a transaction can stay open for good (docs/decisions/0008).
broker.session.timeout.ms=9000
broker.heartbeat.interval.ms=1000
PROPERTIES
}

kafka_java() {
  java -cp "$(kafka_jars)/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "$@"
}

# format_kafka DIR: once in the life of a folder.
format_kafka() {
  local dir=$1 id
  [[ -f $dir/data/meta.properties ]] && return
  # A cluster id is 16 random bytes in URL-safe base64; one that starts with '-' would look like a flag.
  id=S$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 2-21)A
  kafka_java kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties" >"$dir/format.log" 2>&1 && return
  show_end "$dir/format.log" 10
  rm -f "$dir/data/meta.properties"
  fail "the broker's folder $dir/data could not be prepared; is the disk full?"
}

# start_kafka DIR LOG PID_FILE
start_kafka() {
  format_kafka "$1"
  "$start_server" "$3" "$2" java -Xms256m -Xmx512m -XX:+UseG1GC -XX:MaxGCPauseMillis=20 \
    -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true -cp "$(kafka_jars)/*" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ" \
    -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
    kafka.Kafka "$1/server.properties"
}

kafka_answers() { kcat -b "127.0.0.1:$1" -L -m 2 >/dev/null 2>&1; }

# await_kafka PORT PID_FILE LOG
await_kafka() {
  local deadline=$((SECONDS + 90))
  until kafka_answers "$1"; do
    if ended "$2"; then
      show_end "$3" 15
      fail "the Kafka broker ended while starting; its words: $3"
    fi
    ((SECONDS < deadline)) || fail "the Kafka broker did not answer on port $1 within 90 s; its words: $3"
    sleep 0.1
  done
}
