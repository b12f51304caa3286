/** Circuit breaker with sliding windows. */
module dev.mainstay.breaker {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.mainstay.breaker;
}
