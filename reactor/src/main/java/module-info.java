/** Mainstay's policies around the publishers of Reactor, and time by a Reactor scheduler. */
module dev.mainstay.reactor {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires transitive reactor.core;
    requires transitive org.reactivestreams;
    requires static transitive context.propagation;

    exports dev.mainstay.reactor;
}
