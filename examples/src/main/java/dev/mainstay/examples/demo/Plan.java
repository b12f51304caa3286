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

    double utilisation() {
        return capacity.utilisation(callsPerSecond);
    }
}
