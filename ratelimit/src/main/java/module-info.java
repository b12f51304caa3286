/** Rate limiters: GCRA, exact windows, keyed and composite. */
module dev.mainstay.ratelimit {
    requires transitive dev.mainstay;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.mainstay.ratelimit;
}
