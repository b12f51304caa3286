package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.Tally;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** Every policy around every ending, as a Mono and as a Flux, on the subscriber's thread and on another. */
class GuardedMatrixTest extends Hooked {

    private static final int ATTEMPTS = 3;

    enum Outer {
        NONE(test -> List.of()),
        BREAKER(test -> List.of(CircuitBreaker.of("outer", c -> c.timeSource(test.time)))),
        BULKHEAD(test -> List.of(Bulkhead.of("outer", c -> c.timeSource(test.time)))),
        LIMITER(test -> List.of(RateLimiter.of(
                "outer",
                c -> c.limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofDays(1))
                        .timeoutDuration(Duration.ZERO)
                        .timeSource(test.time)))),
        RETRY(test -> List.of(test.retry())),
        TIME_LIMITER(test -> List.of(test.timeLimiter())),
        ALL(test -> List.of(test.timeLimiter(), test.retry(), Bulkhead.of("outer", c -> c.timeSource(test.time)))),
        INSIDE_OUT(test -> List.of(test.retry(), test.timeLimiter())),
        STRANGER(test -> List.of(new Stranger())),
        STRANGER_AND_ALL(test -> List.of(test.timeLimiter(), new Stranger(), test.retry()));

        @SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing
        private final Function<GuardedMatrixTest, List<? extends Policy>> policies;

        Outer(Function<GuardedMatrixTest, List<? extends Policy>> policies) {
            this.policies = policies;
        }

        boolean retries() {
            return this == RETRY || this == ALL || this == INSIDE_OUT || this == STRANGER_AND_ALL;
        }

        boolean limitsTime() {
            return this == TIME_LIMITER || this == ALL || this == INSIDE_OUT || this == STRANGER_AND_ALL;
        }
    }

    enum Ending {
        VALUE,
        EMPTY,
        ERROR,
        THROWS,
        CANCEL_BEFORE,
        CANCEL_AFTER,
        CANCEL_LATE,
        TIME_OUT,
        REJECTION
    }

    enum Kind {
        MONO,
        MONO_ELSEWHERE,
        FLUX,
        FLUX_ELSEWHERE;

        boolean isFlux() {
            return this == FLUX || this == FLUX_ELSEWHERE;
        }

        boolean isElsewhere() {
            return this == MONO_ELSEWHERE || this == FLUX_ELSEWHERE;
        }
    }

    private final CircuitBreaker breaker = CircuitBreaker.of("inner", c -> c.timeSource(time));
    private final Bulkhead bulkhead =
            Bulkhead.of("inner", c -> c.maxConcurrentCalls(1).timeSource(time));
    private final AtomicInteger subscriptions = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private final List<String> events = new ArrayList<>();

    private Retry retry() {
        return Retry.of(
                "outer",
                c -> c.maxAttempts(ATTEMPTS)
                        .backoff(Backoff.fixed(Duration.ofMillis(5)))
                        .timeSource(time));
    }

    private TimeLimiter timeLimiter() {
        return TimeLimiter.of(
                "outer", c -> c.timeoutDuration(Duration.ofSeconds(10)).timeSource(time));
    }

    static Stream<Arguments> all() {
        return Stream.of(Outer.values())
                .flatMap(outer -> Stream.of(Ending.values())
                        .filter(ending -> ending != Ending.TIME_OUT || outer.limitsTime())
                        .flatMap(ending -> Stream.of(Kind.values()).map(kind -> Arguments.of(outer, ending, kind))));
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("all")
    void anEndingIsSignalledAndCountedAndLeavesNothingBehind(Outer outer, Ending ending, Kind kind) {
        List<Policy> policies = new ArrayList<>(outer.policies.apply(this));
        policies.add(breaker);
        policies.add(bulkhead);
        Pipeline pipeline = Pipeline.of("matrix", policies);
        bulkhead.subscribe(
                PolicyEvent.CallRejected.class,
                event -> events.add(event.getClass().getSimpleName()));
        AtomicInteger ends = new AtomicInteger();
        breaker.subscribe(PolicyEvent.CallEnded.class, event -> ends.incrementAndGet());
        Context context = ending == Ending.CANCEL_LATE
                ? Context.of(
                        CallContext.class, CallContext.plain().deadline(Deadline.after(Duration.ofSeconds(1), time)))
                : Context.empty();
        Disposable holder = ending == Ending.REJECTION
                ? Mono.never().transform(Guarded.by(bulkhead)).subscribe()
                : () -> {};
        Signals signals = new Signals(Long.MAX_VALUE, context);

        Publisher<Object> guarded = kind.isFlux()
                ? elsewhere(flux(ending), kind, Flux::publishOn).transform(Guarded.by(pipeline))
                : elsewhere(mono(ending), kind, Mono::publishOn).transform(Guarded.by(pipeline));
        assertThat(subscriptions).as("lazy").hasValue(0);
        guarded.subscribe(signals);
        switch (ending) {
            case CANCEL_BEFORE -> time.runDue();
            case CANCEL_AFTER -> time.runDue();
            case CANCEL_LATE -> time.advance(Duration.ofSeconds(2));
            default -> time.runUntilIdle();
        }
        signals.cancel();
        time.runUntilIdle();
        holder.dispose();

        int attempts = outer.retries() ? ATTEMPTS : 1;
        boolean timedOutAndRetried = outer == Outer.INSIDE_OUT;
        switch (ending) {
            case VALUE -> assertEnded(signals, tally(1, 0), "value", "complete");
            case EMPTY -> assertEnded(signals, tally(1, 0), "complete");
            case ERROR -> assertEnded(signals, tally(attempts, attempts), "IOException");
            case THROWS -> assertEnded(signals, tally(attempts, attempts), "IllegalStateException");
            case CANCEL_BEFORE -> assertEnded(signals, tally(0, 0));
            case CANCEL_AFTER -> {
                String[] told = kind.isFlux() ? new String[] {"value"} : new String[] {"value", "complete"};
                assertEnded(signals, tally(1, 0), told);
            }
            case CANCEL_LATE -> assertEnded(signals, tally(1, 1));
            case TIME_OUT -> {
                int times = timedOutAndRetried ? ATTEMPTS : 1;
                assertEnded(signals, tally(times, times), "CallTimeoutException");
            }
            case REJECTION -> assertEnded(signals, tally(0, 0), "BulkheadFullException");
        }
        if (ending == Ending.CANCEL_BEFORE || ending == Ending.CANCEL_LATE || ending == Ending.TIME_OUT) {
            assertThat(cancels).hasValue(subscriptions.get());
        }
        assertThat(ends)
                .hasValue(ending == Ending.REJECTION ? 1 : Math.max(attempted(ending, attempts), subscriptions.get()));
        assertThat(signals.overlaps).hasValue(0);
        assertThat(bulkhead.inUse()).isZero();
        assertThat(time.pendingEvents()).isZero();
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
        assertThat(events).containsExactlyElementsOf(ending == Ending.REJECTION ? List.of("CallRejected") : List.of());
    }

    /** A source that throws when it is subscribed to is not subscribed to. */
    private static int attempted(Ending ending, int attempts) {
        return ending == Ending.THROWS ? attempts : 1;
    }

    private void assertEnded(Signals signals, Tally tally, String... told) {
        assertThat(signals.told).containsExactly(told);
        assertThat(breaker.tally()).isEqualTo(tally);
    }

    private static Tally tally(int calls, int failures) {
        return new Tally(calls, failures, 0, 0);
    }

    private <P> P elsewhere(P source, Kind kind, BiFunction<P, Scheduler, P> publishOn) {
        return kind.isElsewhere() ? publishOn.apply(source, Schedulers.fromExecutor(time.executor())) : source;
    }

    private Mono<Object> mono(Ending ending) {
        Mono<Object> source = switch (ending) {
            case VALUE, CANCEL_AFTER -> Mono.just("value");
            case EMPTY -> Mono.empty();
            case ERROR -> Mono.error(new IOException("broken"));
            case THROWS -> Mono.defer(() -> new ThrowingMono());
            default -> Mono.never();
        };
        return source.doOnSubscribe(s -> subscriptions.incrementAndGet()).doOnCancel(cancels::incrementAndGet);
    }

    private Flux<Object> flux(Ending ending) {
        Flux<Object> source = switch (ending) {
            case VALUE -> Flux.just("value");
            case CANCEL_AFTER -> Flux.<Object>just("value").concatWith(Mono.never());
            case EMPTY -> Flux.empty();
            case ERROR -> Flux.error(new IOException("broken"));
            case THROWS ->
                Flux.defer(() -> {
                    throw new IllegalStateException("no publisher");
                });
            default -> Flux.never();
        };
        return source.doOnSubscribe(s -> subscriptions.incrementAndGet()).doOnCancel(cancels::incrementAndGet);
    }

    /** One that breaks Reactor's rules. */
    private static final class ThrowingMono extends Mono<Object> {

        @Override
        public void subscribe(CoreSubscriber<? super Object> actual) {
            throw new IllegalStateException("not subscribed");
        }
    }

    /** Somebody's policy, which knows nothing of Reactor and puts futures of the JDK's around the call. */
    private static final class Stranger extends Policy {

        @Override
        public String name() {
            return "stranger";
        }

        @Override
        protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) {
            throw new AssertionError("only asynchronously");
        }

        @Override
        protected <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            CompletableFuture<T> further = inner.proceedAsync(context, now, body);
            CompletableFuture<T> own = new CompletableFuture<>() {
                @Override
                public boolean cancel(boolean mayInterruptIfRunning) {
                    further.cancel(mayInterruptIfRunning);
                    return super.cancel(mayInterruptIfRunning);
                }
            };
            further.whenComplete((result, failure) -> {
                if (failure == null) {
                    own.complete(result);
                } else {
                    own.completeExceptionally(failure);
                }
            });
            return own;
        }
    }
}
