#!/usr/bin/env python3
"""Copies a topic: every committed message with its key, headers and time, each to the partition it has.

    copy_topic.py BROKERS TOPIC TARGET_BROKERS TARGET_TOPIC [--config FILE] [--target-config FILE] [--append]

It ends where the source ended when it got there. A target that does not exist is made with the source's partitions and
settings; one with other partitions is refused, for a key would lie elsewhere, and so is one that holds messages already,
unless --append is given. A copy that broke off is begun anew: delete the target, or take another.
FILE holds properties of librdkafka, one name=value a line, as kcat -F reads them: TLS, SASL and so on.
Needs Debian's python3-confluent-kafka."""
import argparse
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewTopic

PATIENCE_S = 30


def properties_of(path):
    lines = (line.strip() for line in open(path, encoding="utf-8")) if path else ()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def partitions_of(client, topic):
    """Their number; 0: there is no such topic."""
    known = client.list_topics(timeout=PATIENCE_S).topics
    return len(known[topic].partitions) if topic in known else 0


def settings_of(admin, topic):
    """What was set for this topic beside the broker's defaults."""
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    found = admin.describe_configs([asked])[asked].result(PATIENCE_S)
    return {name: entry.value for name, entry in found.items() if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value}


def messages_in(consumer, topic, partitions):
    spans = (consumer.get_watermark_offsets(TopicPartition(topic, p), PATIENCE_S) for p in range(partitions))
    return sum(high - low for low, high in spans)


def prepare_target(source, source_admin, target, target_admin, args):
    partitions = partitions_of(source, args.topic)
    if partitions == 0:
        sys.exit(f"{args.topic}: there is no such topic at {args.brokers}")
    existing = partitions_of(target, args.target_topic)
    if existing == 0:
        brokers = len(target_admin.list_topics(timeout=PATIENCE_S).brokers)
        topic = NewTopic(args.target_topic, partitions, min(3, brokers), config=settings_of(source_admin, args.topic))
        target_admin.create_topics([topic])[args.target_topic].result(PATIENCE_S)
    elif existing != partitions:
        sys.exit(f"{args.target_topic} has {existing} partitions and {args.topic} has {partitions}: a key would lie elsewhere")
    elif not args.append and messages_in(target, args.target_topic, existing) > 0:
        sys.exit(f"{args.target_topic} is not empty; take another, or say --append")
    return partitions


class Copy:
    def __init__(self, source, producer, args, partitions):
        self.source, self.producer, self.args = source, producer, args
        self.reading = set(range(partitions))
        self.delivered, self.failures = 0, []

    def note_delivery(self, error, _message):
        if error is None:
            self.delivered += 1
        else:
            self.failures.append(str(error))

    def send(self, message):
        while True:
            try:
                return self.producer.produce(
                    self.args.target_topic, value=message.value(), key=message.key(), partition=message.partition(),
                    timestamp=message.timestamp()[1], headers=message.headers() or [], on_delivery=self.note_delivery)
            except BufferError:  # the queue is full: let some of it go
                self.producer.poll(1)

    def run(self):
        topic = self.args.topic
        self.source.assign([TopicPartition(topic, p, 0) for p in self.reading])
        while self.reading and not self.failures:
            for message in self.source.consume(1000, 1.0):
                error = message.error()
                if error is None:
                    self.send(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    self.reading.discard(message.partition())
                else:
                    raise KafkaException(error)
            self.producer.poll(0)
        if self.producer.flush(120) > 0:
            self.failures.append("messages were not acknowledged within 120 s")
        return self.delivered


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("brokers", "topic", "target_brokers", "target_topic"):
        parser.add_argument(name)
    parser.add_argument("--config")
    parser.add_argument("--target-config")
    parser.add_argument("--append", action="store_true")
    args = parser.parse_args()
    if (args.brokers, args.topic) == (args.target_brokers, args.target_topic):
        sys.exit("source and target are the same topic")
    at_source = properties_of(args.config) | {"bootstrap.servers": args.brokers}
    at_target = properties_of(args.target_config) | {"bootstrap.servers": args.target_brokers}
    # What an aborted transaction left is none of the topic. Positions are nobody's but this process's.
    reading = {"group.id": "copy-topic", "enable.auto.commit": False, "isolation.level": "read_committed",
               "auto.offset.reset": "earliest", "enable.partition.eof": True}
    source, target = Consumer(at_source | reading), Consumer(at_target | reading)
    try:
        partitions = prepare_target(source, AdminClient(at_source), target, AdminClient(at_target), args)
        copy = Copy(source, Producer(at_target | {"enable.idempotence": True, "linger.ms": 20, "message.max.bytes": 10485760}),
                    args, partitions)
        delivered = copy.run()
    finally:
        source.close()
        target.close()
    if copy.failures:
        sys.exit(f"the copy is not whole: {copy.failures[0]}")
    print(f"{delivered} messages of {args.topic} are in {args.target_topic}")


if __name__ == "__main__":
    main()
