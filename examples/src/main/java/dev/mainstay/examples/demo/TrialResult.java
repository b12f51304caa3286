package dev.mainstay.examples.demo;

import java.util.List;

/** What one arm achieved. */
record TrialResult(String name, Timeline timeline, List<Gauges> gauges) {

    TrialResult {
        gauges = List.copyOf(gauges);
    }
}
