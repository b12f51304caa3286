package dev.mainstay.examples.shop;

import dev.mainstay.micrometer.PipelineObservationContext;
import dev.mainstay.time.TimeSource;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a tracing system knows: each observed call, with the times of its begin, its end and its events. */
final class Spans implements ObservationHandler<PipelineObservationContext> {

    /** Something on the way of a call, under the name that a span shows. */
    record Event(double second, String name) {}

    /** A call that has ended, in seconds. */
    record Span(double begin, double end, Map<String, String> keys, List<Event> events) {

        String outcome() {
            return keys.get("outcome");
        }

        String exception() {
            return keys.get("exception");
        }

        boolean has(String event) {
            return !events(event).isEmpty();
        }

        /** Those whose names begin so. */
        List<Event> events(String prefix) {
            return events.stream()
                    .filter(event -> event.name().startsWith(prefix))
                    .toList();
        }
    }

    private record Begun(double second, List<Event> events) {}

    private final TimeSource time;
    private final List<Span> ended = new ArrayList<>();
    private int open;

    Spans(TimeSource time) {
        this.time = time;
    }

    /** In the order in which they ended. */
    List<Span> ended() {
        return ended;
    }

    /** How many have begun and not ended. */
    int open() {
        return open;
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return context instanceof PipelineObservationContext;
    }

    @Override
    public void onStart(PipelineObservationContext context) {
        open++;
        context.put(Begun.class, new Begun(now(), new ArrayList<>()));
    }

    @Override
    public void onEvent(Observation.Event event, PipelineObservationContext context) {
        Begun begun = context.getRequired(Begun.class);
        begun.events().add(new Event(now(), event.getContextualName()));
    }

    @Override
    public void onStop(PipelineObservationContext context) {
        open--;
        Begun begun = context.getRequired(Begun.class);
        Map<String, String> keys = context.getLowCardinalityKeyValues().stream()
                .collect(Collectors.toMap(KeyValue::getKey, KeyValue::getValue));
        ended.add(new Span(begun.second(), now(), keys, List.copyOf(begun.events())));
    }

    private double now() {
        return time.nanoTime() / 1e9;
    }
}
