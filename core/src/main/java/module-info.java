/** The core of Mainstay: policies and pipelines around calls, time, events, meters and registries. */
module dev.mainstay {
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.mainstay;
    exports dev.mainstay.backoff;
    exports dev.mainstay.call;
    exports dev.mainstay.event;
    exports dev.mainstay.future;
    exports dev.mainstay.meter;
    exports dev.mainstay.outcome;
    exports dev.mainstay.registry;
    exports dev.mainstay.safe;
    exports dev.mainstay.time;
}
