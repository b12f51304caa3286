package dev.mainstay.examples.demo;

import java.util.List;

/**
 * What one arm achieved.
 *
 * @param gauges how its policies stood over time
 * @param policies how its policies describe themselves at the end
 */
record TrialResult(String name, Timeline timeline, List<Gauges> gauges, List<String> policies) {

    TrialResult {
        gauges = List.copyOf(gauges);
        policies = List.copyOf(policies);
    }
}
