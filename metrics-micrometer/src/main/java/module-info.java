/** Mainstay seen through Micrometer: meters, observations, and their context across threads. */
module dev.mainstay.micrometer {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires transitive micrometer.core;
    requires transitive micrometer.observation;
    requires transitive micrometer.commons;
    requires transitive context.propagation;
    requires org.slf4j;

    exports dev.mainstay.micrometer;
}
