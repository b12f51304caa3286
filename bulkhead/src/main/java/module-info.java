/** Bulkheads: semaphore and thread pool. */
module dev.mainstay.bulkhead {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.mainstay.bulkhead;
}
