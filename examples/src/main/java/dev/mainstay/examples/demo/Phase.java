package dev.mainstay.examples.demo;

/** What is going on at some time of a trial. */
enum Phase {
    /** Load flows but is not measured: classes load, code gets compiled, connections open. */
    WARM_UP("warm-up"),
    BEFORE("before"),
    OUTAGE("outage"),
    RECOVERY("recovery"),
    /** No new calls; the last ones end. */
    DRAIN("drain");

    private final String label;

    Phase(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }
}
