package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.VirtualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A rejection, as an exception, as a value and as an event. */
class RejectionTest {

    private final Hurried gate = new Hurried();

    /** Lets nobody in, and tells each call to come back after as many nanoseconds as it costs. */
    private static final class Hurried extends Gate {

        long unit = 1;

        Hurried() {
            super("hurried", VirtualTime.create(), Classifier.standard());
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return reject(RejectionReason.RATE, context.cost() * unit);
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            throw new AssertionError("it let nobody in");
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            return new Rejection(name(), reasonOf(code), dataOf(code));
        }
    }

    private static CallRejectedException exception(long retryAfterNanos) {
        return new CallRejectedException(new Rejection("room", RejectionReason.FULL, retryAfterNanos));
    }

    @Test
    void anExceptionSaysWhenToComeBackIfThatIsKnown() {
        assertThat(exception(2_000_000_000).retryAfter()).isEqualTo(Duration.ofSeconds(2));
        assertThat(exception(2_000_000_000))
                .hasMessage("'room' rejected the call: all slots are taken; retry after 2s");
        assertThat(exception(-1).retryAfter()).isNull();
        assertThat(exception(-1)).hasMessage("'room' rejected the call: all slots are taken");
    }

    @Test
    void anExceptionThatSaysToComeBackAtOnceSaysSo() {
        assertThat(exception(0).retryAfter()).isZero();
        assertThat(exception(0)).hasMessageContaining("; retry after 0");
    }

    /**
     * Each way to be rejected, for a call of cost 8 whose limiter tells other calls otherwise by the time somebody
     * looks.
     */
    @Test
    void itIsThatOfThisCallInEveryFormAndStaysWhatItWas() {
        List<PolicyEvent.CallRejected> told = new ArrayList<>();
        gate.subscribe(PolicyEvent.CallRejected.class, told::add);
        Guard costly = gate.with(context -> context.cost(8));
        CallContext context = CallContext.plain().cost(8);
        List<Rejection> rejections = new ArrayList<>();
        rejections.add(costly.tryCall(() -> "never").rejection());
        rejections.add(gate.tryAcquirePermit(context).rejection());
        rejections.add(rejectionOf(() -> costly.run(() -> {})));
        rejections.add(rejectionOf(() -> gate.acquirePermit(context)));
        rejections.add(rejectionOf(
                () -> Pipeline.of("p", gate, gate).with(c -> c.cost(8)).run(() -> {})));
        rejections.add(rejectionOf(() -> costly.callAsync(() -> CompletableFuture.completedFuture("never"))
                .join()));
        gate.unit = 1_000;
        assertThat(rejections).hasSize(6).allSatisfy(rejection -> {
            assertThat(rejection.policyName()).isEqualTo("hurried");
            assertThat(rejection.retryAfter()).isEqualTo(Duration.ofNanos(8));
            assertThat(rejection.toException()).hasMessageEndingWith("; retry after 8ns");
        });
        assertThat(told).hasSize(6).allMatch(event -> event.retryAfterNanos() == 8);
    }

    private static Rejection rejectionOf(Runnable call) {
        try {
            call.run();
        } catch (CallRejectedException rejected) {
            return rejected.rejection();
        } catch (CompletionException wrapped) {
            return ((CallRejectedException) wrapped.getCause()).rejection();
        }
        throw new AssertionError("it was not rejected");
    }

    @Test
    void aValueReadsAsOneLine() {
        assertThat(gate.tryCall(() -> "never").rejection())
                .hasToString("Rejection['hurried' rejected the call: the rate limit is used up; retry after 1ns]");
    }

    @Test
    void anOutcomeThrowsWhatTheCallWouldHaveThrown() {
        Outcome<String> outcome = gate.tryCall(() -> "never");
        assertThatThrownBy(outcome::get)
                .isInstanceOf(CallRejectedException.class)
                .hasMessage(outcome.rejection().message());
    }

    @Test
    void codesCarryReasonAndNumberForEveryReason() {
        for (RejectionReason reason : RejectionReason.values()) {
            for (long data : new long[] {0, 1, 255, 256, 1L << 40, (1L << 54) - 1}) {
                long code = Gate.reject(reason, data);
                assertThat(code).isNegative();
                assertThat(Gate.reasonOf(code)).isEqualTo(reason);
                assertThat(Gate.dataOf(code)).isEqualTo(data);
            }
        }
    }

    @Test
    void anExceptionCanBeSerialised() throws Exception {
        CallRejectedException copy = copyOf(exception(5));
        assertThat(copy).hasMessage(exception(5).getMessage());
        assertThat(copy.reason()).isEqualTo(RejectionReason.FULL);
    }

    private static CallRejectedException copyOf(CallRejectedException exception)
            throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(exception);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (CallRejectedException) in.readObject();
        }
    }

    @Test
    void listenersOfEverythingHearOfIt() {
        List<MainstayEvent> heard = new ArrayList<>();
        gate.subscribe(MainstayEvent.class, heard::add);
        assertThat(gate.tryCall(() -> "never").isRejected()).isTrue();
        assertThat(heard).hasSize(1);
    }
}
