package dev.mainstay.micrometer;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A handler that notes what becomes of observed calls, and throws where it is told to. */
final class Witness implements ObservationHandler<PipelineObservationContext> {

    private final List<String> notes = new CopyOnWriteArrayList<>();
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final List<PipelineObservationContext> stopped = new CopyOnWriteArrayList<>();
    private volatile String throwsAt = "";

    /**
     * From now on it throws whenever it is told of this: {@code start}, {@code stop}, {@code error}, {@code event},
     * {@code opened} or {@code closed}.
     */
    Witness throwingAt(String what) {
        throwsAt = what;
        return this;
    }

    /**
     * All that it was told of, in order: {@code start inventory}, {@code attempt}, {@code error IOException}, {@code
     * stop success} and so on, without scopes.
     */
    List<String> notes() {
        return List.copyOf(notes);
    }

    /** The events of all observations in order, as spans show them. */
    List<String> texts() {
        return List.copyOf(texts);
    }

    /** The contexts of observations that have stopped, in order. */
    List<PipelineObservationContext> stopped() {
        return List.copyOf(stopped);
    }

    PipelineObservationContext only() {
        if (stopped.size() != 1) {
            throw new AssertionError("not one observation: " + notes);
        }
        return stopped.get(0);
    }

    void forget() {
        notes.clear();
        texts.clear();
        stopped.clear();
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return context instanceof PipelineObservationContext;
    }

    @Override
    public void onStart(PipelineObservationContext context) {
        note("start", "start " + context.pipeline());
    }

    @Override
    public void onError(PipelineObservationContext context) {
        Throwable error = context.getError();
        note("error", "error " + (error == null ? "?" : error.getClass().getSimpleName()));
    }

    @Override
    public void onEvent(Observation.Event event, PipelineObservationContext context) {
        texts.add(event.getContextualName());
        note("event", event.getName());
    }

    @Override
    public void onScopeOpened(PipelineObservationContext context) {
        throwIf("opened");
    }

    @Override
    public void onScopeClosed(PipelineObservationContext context) {
        throwIf("closed");
    }

    @Override
    public void onStop(PipelineObservationContext context) {
        stopped.add(context);
        note("stop", "stop " + String.valueOf(context.verdict()).toLowerCase(Locale.ROOT));
    }

    private void note(String what, String note) {
        notes.add(note);
        throwIf(what);
    }

    private void throwIf(String what) {
        if (what.equals(throwsAt)) {
            throw new IllegalStateException("the handler does not like " + what);
        }
    }
}
