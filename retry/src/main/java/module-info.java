/** Retry with backoff and budget. */
module dev.mainstay.retry {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.mainstay.retry;
}
