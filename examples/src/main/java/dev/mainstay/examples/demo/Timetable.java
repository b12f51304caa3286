package dev.mainstay.examples.demo;

import java.time.Duration;

/** How long each phase of a trial lasts. Time zero is the end of the warm-up, where measuring begins. */
record Timetable(Duration warmUp, Duration before, Duration outage, Duration recovery) {

    Timetable {
        requirePositive("before", before);
        requirePositive("outage", outage);
        requirePositive("recovery", recovery);
        if (warmUp.isNegative()) {
            throw new IllegalArgumentException("warm-up is " + warmUp + ", must not be negative");
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " is " + value + ", must be positive");
        }
    }

    Duration start() {
        return warmUp.negated();
    }

    Duration outageStart() {
        return before;
    }

    Duration outageEnd() {
        return before.plus(outage);
    }

    /** When the last call arrives. */
    Duration end() {
        return outageEnd().plus(recovery);
    }

    Phase phaseAt(Duration time) {
        if (time.isNegative()) {
            return Phase.WARM_UP;
        }
        if (time.compareTo(outageStart()) < 0) {
            return Phase.BEFORE;
        }
        if (time.compareTo(outageEnd()) < 0) {
            return Phase.OUTAGE;
        }
        return time.compareTo(end()) < 0 ? Phase.RECOVERY : Phase.DRAIN;
    }

    Duration startOf(Phase phase) {
        return switch (phase) {
            case WARM_UP -> start();
            case BEFORE -> Duration.ZERO;
            case OUTAGE -> outageStart();
            case RECOVERY -> outageEnd();
            case DRAIN -> end();
        };
    }

    /** How long the phase is to last; zero for the drain, which lasts as long as the last calls do. */
    Duration lengthOf(Phase phase) {
        return switch (phase) {
            case WARM_UP -> warmUp;
            case BEFORE -> before;
            case OUTAGE -> outage;
            case RECOVERY -> recovery;
            case DRAIN -> Duration.ZERO;
        };
    }
}
