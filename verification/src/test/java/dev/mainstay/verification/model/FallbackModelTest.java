package dev.mainstay.verification.model;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A fallback beside a {@link NaiveFallback}. */
class FallbackModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("fallback", FallbackPlay::new);
    }

    private static final class FallbackPlay extends Play {

        private static final List<Class<? extends Exception>> TYPES = List.of(
                Ending.Broken.class,
                Ending.Busy.class,
                CallRejectedException.class,
                CallTimeoutException.class,
                RuntimeException.class,
                Exception.class);

        private final Pipeline bare = Pipeline.of("bare");
        private final Fallback<@Nullable String> fallback;
        private final TypedPipeline<@Nullable String> pipeline;
        private final NaiveFallback model;
        private final long maxAge;
        private final double failing;
        private final List<NaiveFallback.Case> asked = new ArrayList<>();
        private final List<OpenCall> calls = new ArrayList<>();

        FallbackPlay(long seed) {
            super(seed);
            List<NaiveFallback.Case> cases = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                cases.add(new NaiveFallback.Case(anyOf(TYPES), "answer " + i, oneIn(3)));
            }
            maxAge = cases.isEmpty() || oneIn(2) ? 1 + random.nextInt(100) : -1;
            Fallback.Builder<@Nullable String> builder =
                    Fallback.<@Nullable String>builder().timeSource(time);
            // To those who call, it makes no difference.
            boolean withStages = oneIn(2);
            for (NaiveFallback.Case each : cases) {
                if (withStages) {
                    builder.onAsync(each.type(), failure -> CompletableFuture.completedFuture(answer(each)));
                } else {
                    builder.on(each.type(), failure -> answer(each));
                }
            }
            boolean replacesNull = oneIn(3);
            if (replacesNull) {
                builder.onResult(result -> result == null, result -> NaiveFallback.REPLACEMENT);
            }
            fallback = (maxAge < 0 ? builder : builder.lastGood(Duration.ofNanos(maxAge))).build();
            pipeline = bare.withFallback(fallback);
            model = new NaiveFallback(cases, maxAge, replacesNull);
            failing = random.nextDouble();
        }

        private @Nullable String answer(NaiveFallback.Case each) {
            asked.add(each);
            if (each.fails()) {
                throw new NaiveFallback.FailedToo();
            }
            return each.answer();
        }

        private Ending draw() {
            return oneIn(10) ? new Ending(null, null, Verdict.SUCCESS, -1) : Ending.draw(random, failing);
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 30) {
                callHere();
            } else if (choice < 50) {
                begin();
            } else if (choice < 65) {
                end();
            } else if (choice < 70) {
                giveUp();
            } else {
                long nanos = oneIn(3) && maxAge > 0 ? maxAge : random.nextInt(60);
                did("let " + nanos + " pass");
                pass(nanos);
            }
        }

        private void callHere() {
            Ending ending = draw();
            CheckedSupplier<@Nullable String, Exception> body = ending::happen;
            ContextBody<@Nullable String, Exception> contextBody = context -> ending.happen();
            String outcome;
            try {
                outcome = "result "
                        + switch (random.nextInt(4)) {
                            case 0 -> fallback.decorate(body).call();
                            case 1 -> fallback.decorate(contextBody).in(CallContext.plain());
                            case 2 -> pipeline.call(body);
                            default -> pipeline.callWithContext(contextBody);
                        };
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            did("call that ends with " + ending + ": " + outcome);
            check("the outcome", model.line(ending, agenda.now()), outcome);
        }

        private void begin() {
            OpenCall call = new OpenCall(draw(), random.nextBoolean());
            if (oneIn(3)) {
                call.ending.happenTo(call.stage);
            }
            AsyncSupplier<@Nullable String> body = () -> call.stage;
            CompletableFuture<@Nullable String> future =
                    random.nextBoolean() ? pipeline.callAsync(body) : bare.callAsync(fallback.decorateAsync(body));
            call.future = future;
            did("begin: " + Lines.of(future));
            if (call.stage.isDone()) {
                check("the outcome", model.line(call.ending, agenda.now()), Lines.of(future));
            } else {
                calls.add(call);
            }
        }

        private void end() {
            if (!calls.isEmpty()) {
                OpenCall call = calls.remove(random.nextInt(calls.size()));
                did("end a stage with " + call.ending);
                check("the call", "open", Lines.of(call.future));
                call.ending.happenTo(call.stage);
                check("the outcome", model.line(call.ending, agenda.now()), Lines.of(call.future));
            }
        }

        private void giveUp() {
            if (!calls.isEmpty()) {
                OpenCall call = calls.remove(random.nextInt(calls.size()));
                did("give up a call");
                boolean cancel = random.nextBoolean();
                boolean gaveUp = cancel ? call.future.cancel(true) : call.future.complete("outside");
                check("gave up", true, gaveUp);
                check("the outcome", cancel ? Lines.CANCELLED : "result outside", Lines.of(call.future));
                check("whether the stage has ended", true, call.stage.isDone());
            }
        }

        @Override
        void compare() {
            check("the cases that were asked", model.asked, asked);
            model.asked.clear();
            asked.clear();
        }

        @Override
        Object options() {
            return model;
        }

        /** A stage that, when it is cancelled, fails as its work does. */
        private static final class FailsWhenCancelled extends CompletableFuture<@Nullable String> {

            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return completeExceptionally(new Ending.Broken(0));
            }
        }

        private static final class OpenCall {

            final Ending ending;
            final CompletableFuture<@Nullable String> stage;
            CompletableFuture<@Nullable String> future;

            OpenCall(Ending ending, boolean fails) {
                this.ending = ending;
                this.stage = fails ? new FailsWhenCancelled() : new CompletableFuture<>();
                this.future = stage;
            }
        }
    }
}
