package dev.mainstay.examples.demo;

/** Everything that both arms have in common. */
record Plan(long seed, int callsPerSecond, Capacity capacity, Attempts attempts, Timetable timetable) {

    Plan {
        if (callsPerSecond < 1) {
            throw new IllegalArgumentException("rate is " + callsPerSecond + ", must be at least 1 call per second");
        }
        if (timetable.before().compareTo(attempts.timeout()) <= 0) {
            throw new IllegalArgumentException("before is " + timetable.before().toSeconds()
                    + " s, must be longer than the timeout, " + Seconds.of(attempts.timeout()) + " s");
        }
    }

    /**
     * How many calls a client of this service should have in flight at most: on average it is rate times service time
     * (Little's law), and four times that leaves room for bursts.
     */
    int maxConcurrentCalls() {
        return (int) Math.ceil(4 * callsPerSecond * Seconds.of(capacity.meanServiceTime()));
    }

    /** How much of the service's capacity the load takes, 0 to 1 and above. */
    double utilisation() {
        return capacity.utilisation(callsPerSecond);
    }
}
