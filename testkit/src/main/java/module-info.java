/** Scripted calls, a runner for every way to call, and assertions over policies. */
module dev.mainstay.testkit {
    requires transitive dev.mainstay;
    requires transitive org.assertj.core;
    requires static transitive org.jspecify;

    exports dev.mainstay.testkit;
}
