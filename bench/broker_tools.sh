#!/usr/bin/env bash
# What the broker's own performance tools reach on this machine: the line to compare our figures with.
#   broker_tools.sh HOST:PORT MESSAGES
set -euo pipefail
broker=$1 messages=$2
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
jars=$(find "${SLUICE_CACHE:-$root/.cache}" -maxdepth 1 -name 'kafka-[0-9]*' -type d | sort | tail -1)
[[ -n $jars ]] || { echo "no Kafka in ${SLUICE_CACHE:-$root/.cache}; ./sluice test fetches it" >&2; exit 1; }
tool() { java -Xmx512m -cp "$jars/*" "org.apache.kafka.tools.$1" "${@:2}" 2>/dev/null; }

tool TopicCommand --bootstrap-server "$broker" --create --topic perf --partitions 2 --replication-factor 1 >/dev/null
tool ProducerPerformance --topic perf --num-records "$messages" --record-size 300 --throughput -1 \
  --producer-props "bootstrap.servers=$broker" acks=all compression.type=lz4 |
  tail -1 | sed 's/ (.*//; s/^/broker'\''s ProducerPerformance (300 B): /'
# The header names its columns; the sixth of the line below it is messages a second.
tool ConsumerPerformance --bootstrap-server "$broker" --topic perf --messages "$messages" |
  awk -F', *' 'NF >= 6 { last = $6 } END { printf "broker'\''s ConsumerPerformance (300 B): %s messages/sec\n", last }'
