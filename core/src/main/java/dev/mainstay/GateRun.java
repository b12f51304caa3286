package dev.mainstay;

import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Two or three gates that stand next to each other in a pipeline, as one link of its synchronous side. It does what each of them does in {@link Gate#around}, with the next one for the rest of
 * the call.
 *
 * <p>That is written out here once for each place, and not as a loop or a recursion, because the compiler of the virtual machine learns about call sites: in a method that all gates share, it sees
 * every kind of gate and binds none; here each place has a site of its own, mostly sees one kind, and the run becomes straight code.
 */
final class GateRun {

    private final Gate first;
    private final Gate second;
    private final @Nullable Gate third;

    /** What is inside of them. */
    private final Chain inner;

    GateRun(Gate first, Gate second, @Nullable Gate third, Chain inner) {
        this.first = first;
        this.second = second;
        this.third = third;
        this.inner = inner;
    }

    <T extends @Nullable Object> T proceed(CallContext context, long now, Body<? extends T> body) throws Exception {
        Gate gate = first;
        Classifier classifier = gate.classifier();
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing();
        long permit = standing == null ? gate.tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = gate.waitOrThrow(permit, context, start);
            start = gate.startOf(TimeSource.UNREAD);
        }
        T result;
        try {
            result = this.<T>throughSecond(context, start, body);
        } catch (Throwable failure) {
            gate.end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            throw failure;
        }
        gate.succeed(standing, permit, start, context, classifier, result);
        return result;
    }

    private <T extends @Nullable Object> T throughSecond(CallContext context, long now, Body<? extends T> body)
            throws Exception {
        Gate gate = second;
        Classifier classifier = gate.classifier();
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing();
        long permit = standing == null ? gate.tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = gate.waitOrThrow(permit, context, start);
            start = gate.startOf(TimeSource.UNREAD);
        }
        T result;
        try {
            Gate next = third;
            result = next == null
                    ? inner.<T>proceed(context, start, body)
                    : this.<T>throughThird(next, context, start, body);
        } catch (Throwable failure) {
            gate.end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            throw failure;
        }
        gate.succeed(standing, permit, start, context, classifier, result);
        return result;
    }

    private <T extends @Nullable Object> T throughThird(
            Gate gate, CallContext context, long now, Body<? extends T> body) throws Exception {
        Classifier classifier = gate.classifier();
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing();
        long permit = standing == null ? gate.tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = gate.waitOrThrow(permit, context, start);
            start = gate.startOf(TimeSource.UNREAD);
        }
        T result;
        try {
            result = inner.<T>proceed(context, start, body);
        } catch (Throwable failure) {
            gate.end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            throw failure;
        }
        gate.succeed(standing, permit, start, context, classifier, result);
        return result;
    }
}
