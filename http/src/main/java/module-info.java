/** HTTP for Mainstay: what answers mean, deadline headers, and the JDK's client with policies around it. */
module dev.mainstay.http {
    requires transitive dev.mainstay;
    requires dev.mainstay.retry;
    requires transitive java.net.http;
    requires static transitive org.jspecify;

    exports dev.mainstay.http;
}
