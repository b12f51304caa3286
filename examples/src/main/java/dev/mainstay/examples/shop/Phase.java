package dev.mainstay.examples.shop;

/** What happens to the inventory service, and how many customers come, one after the other. */
enum Phase {
    CALM(Condition.NORMAL, 1),
    LATENCY(Condition.SLOW, 1),
    FAILURES(Condition.FAILING, 1),
    /** The service is well again, and everybody comes at once. */
    OVERLOAD(Condition.NORMAL, 10),
    RECOVERY(Condition.NORMAL, 1);

    private final Condition condition;
    private final double load;

    Phase(Condition condition, double load) {
        this.condition = condition;
        this.load = load;
    }

    /** How the service is doing. */
    Condition condition() {
        return condition;
    }

    /** How many times as many customers come as usual. */
    double load() {
        return load;
    }
}
