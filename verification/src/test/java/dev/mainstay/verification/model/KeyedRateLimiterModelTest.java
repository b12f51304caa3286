package dev.mainstay.verification.model;

import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.ratelimit.Reservation;
import dev.mainstay.registry.KeyedRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Rate limiters by key, of which there is room for a few, beside a {@link NaiveKeyedLimiter} that never forgets one.
 */
class KeyedRateLimiterModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("keyed rate limiter", KeyedPlay::new);
    }

    private static final class KeyedPlay extends Play {

        private static final String NAME = "tenants";

        private final int keys;
        private final boolean keyRequired;
        private final long period;
        private RateLimiterConfig config;

        /**
         * Whatever was made is held here, so that what comes back after an eviction does not depend on the garbage
         * collector.
         */
        private final List<RateLimiter> made = new ArrayList<>();

        private final KeyedRateLimiter limiters;
        private final NaiveKeyedLimiter model;
        private final List<Waiting> waiting = new ArrayList<>();
        private final List<Reserved> reservations = new ArrayList<>();

        /**
         * Whether calls of different keys go on in a known order if they do so at the same time; not if they moved up
         * when all limiters changed, one after the other.
         */
        private boolean inOrder = true;

        private boolean changedAll;

        KeyedPlay(long seed) {
            super(seed);
            keys = 1 + random.nextInt(14);
            keyRequired = random.nextBoolean();
            period = 10L + random.nextInt(1000);
            config = config();
            RateLimiterConfig first = config;
            int most = 1 + random.nextInt(oneIn(4) ? 12 : 4);
            limiters = KeyedRateLimiter.over(KeyedRegistry.<RateLimiter>builder(NAME, name -> make(name, first))
                    .maxInstances(most)
                    .keyRequired(keyRequired)
                    .build());
            observe(limiters);
            model = new NaiveKeyedLimiter(NAME, most, config, agenda, expected);
        }

        private RateLimiter make(String name, RateLimiterConfig config) {
            RateLimiter limiter = RateLimiter.of(name, config);
            made.add(limiter);
            return limiter;
        }

        private RateLimiterConfig config() {
            Duration each = Duration.ofNanos(1 + (long) (random.nextDouble() * period));
            return RateLimiterConfig.builder()
                    .limit(
                            oneIn(3)
                                    ? RateLimit.atMost(1 + random.nextInt(4), each)
                                    : RateLimit.smooth(1 + random.nextInt(4), each, 1 + random.nextInt(4)))
                    .timeoutDuration(Duration.ofNanos(oneIn(3) ? 0 : (long) (random.nextDouble() * 2 * period)))
                    .timeSource(time)
                    .build();
        }

        private int key() {
            // Some keys more often than others.
            return (int) (random.nextDouble() * random.nextDouble() * keys);
        }

        private int permits() {
            return oneIn(3) ? 1 + random.nextInt(3) : 1;
        }

        @Override
        void step() {
            changedAll = false;
            int choice = random.nextInt(100);
            if (choice < 20) {
                tryAcquire();
            } else if (choice < 30) {
                acquire();
            } else if (choice < 45) {
                acquireAsync();
            } else if (choice < 55) {
                call();
            } else if (choice < 62) {
                reserve();
            } else if (choice < 68) {
                giveUp();
            } else if (choice < 78) {
                look();
            } else if (choice < 96) {
                long nanos = span(4 * period);
                did("let " + nanos + " pass");
                pass(nanos);
            } else if (choice < 99) {
                int key = key();
                did("remove " + key);
                check(
                        "removed",
                        model.remove(key),
                        limiters.registry().remove(key).isPresent());
            } else {
                config = config();
                did("reconfigure to " + config.limits() + ", wait " + config.timeoutDuration());
                limiters.reconfigure(config);
                model.reconfigure(config);
                changedAll = true;
                inOrder &= model.all().stream().allMatch(limiter -> limiter.waiting() == 0);
            }
        }

        private void tryAcquire() {
            int key = key();
            int permits = permits();
            did("try to acquire " + permits + " for " + key);
            boolean acquired = limiters.tryAcquire(key, permits);
            check("acquired", model.get(key).tryAcquire(permits), acquired);
        }

        private void acquire() {
            int key = key();
            int permits = permits();
            did("acquire " + permits + " for " + key);
            String outcome = "permits";
            try {
                limiters.acquire(key, permits);
            } catch (CallRejectedException rejection) {
                outcome = Lines.of(rejection);
            }
            NaiveLimiter limiter = model.get(key);
            check("the outcome", hereThrough(limiter, CallContext.plain().cost(permits), "permits"), outcome);
        }

        private String hereThrough(NaiveLimiter limiter, CallContext context, String result) {
            Waiting call = new Waiting(context, limiter, null, result);
            RejectionReason no = limiter.beginHere(call, new Flag());
            if (no == null) {
                return result;
            }
            limiter.note(call, no);
            return limiter.rejection(call, no);
        }

        private void acquireAsync() {
            int key = key();
            int permits = permits();
            CompletableFuture<?> future = limiters.acquireAsync(key, permits);
            did("acquire " + permits + " for " + key + " in time: " + Lines.of(future));
            NaiveLimiter limiter = model.get(key);
            beginThrough(limiter, CallContext.plain().cost(permits), future, "result null");
        }

        private void beginThrough(
                NaiveLimiter limiter, CallContext context, CompletableFuture<?> future, String result) {
            Waiting call = new Waiting(context, limiter, future, result);
            limiter.begin(call);
            waiting.add(call);
        }

        /** A call with a key in its context, or without one. */
        private void call() {
            Integer key = oneIn(8) ? null : key();
            CallContext context = CallContext.plain().key(key);
            boolean here = random.nextBoolean();
            CompletableFuture<@Nullable String> future = here
                    ? future(context)
                    : PolicyAccess.callAsync(limiters, context, ignored -> CompletableFuture.completedFuture("done"));
            did("call for " + key + ": " + Lines.of(future));
            if (key == null && keyRequired) {
                check("rejected for its lack of a key", true, Lines.of(future).startsWith("IllegalStateException"));
                return;
            }
            NaiveLimiter limiter = model.forCall(key);
            if (here) {
                check("the outcome", hereThrough(limiter, context, "result done"), Lines.of(future));
            } else {
                beginThrough(limiter, context, future, "result done");
            }
        }

        private CompletableFuture<@Nullable String> future(CallContext context) {
            CompletableFuture<@Nullable String> future = new CompletableFuture<>();
            try {
                future.complete(PolicyAccess.<String>call(limiters, context, ignored -> "done"));
            } catch (Exception failure) {
                future.completeExceptionally(failure);
            }
            return future;
        }

        private void reserve() {
            int key = key();
            int permits = permits();
            long maxWait = (long) (random.nextDouble() * 2 * period);
            did("reserve " + permits + " for " + key + " within " + maxWait);
            Reservation reservation = null;
            String rejection = "";
            try {
                reservation = limiters.reserve(key, permits, Duration.ofNanos(maxWait));
            } catch (CallRejectedException rejected) {
                rejection = Lines.of(rejected);
            }
            NaiveLimiter limiter = model.get(key);
            NaiveLimiter.Grant grant = limiter.reserve(permits, maxWait);
            check("the rejection", grant == null ? limiter.rejection(permits, RejectionReason.RATE) : "", rejection);
            if (reservation != null && grant != null) {
                reservations.add(new Reserved(reservation, limiter, grant));
            }
        }

        private void giveUp() {
            if (!reservations.isEmpty() && random.nextBoolean()) {
                Reserved any = anyOf(reservations);
                did("cancel a reservation");
                check("given back", any.limiter.cancel(any.grant), any.reservation.cancel());
                reservations.remove(any);
            } else if (!waiting.isEmpty()) {
                Waiting any = anyOf(waiting);
                did("cancel a wait");
                if (any.future != null && any.line.equals("open")) {
                    any.line = Lines.CANCELLED;
                    check("cancelled", true, any.future.cancel(true));
                    any.limiter.abandon(any);
                }
            }
        }

        private void look() {
            int key = key();
            did("look at " + key);
            check("remaining", limiters.remaining(key), model.get(key).remaining());
            check(
                    "retryAfter",
                    model.get(key).retryAfter(),
                    limiters.retryAfter(key).toNanos());
            check(
                    "resetAfter",
                    model.get(key).resetAfter(),
                    limiters.resetAfter(key).toNanos());
        }

        @Override
        void compare() {
            if (!oneIn(4)) {
                pass(0);
            }
            Set<String> names = limiters.registry().all().stream()
                    .map(RateLimiter::name)
                    .collect(Collectors.toCollection(TreeSet::new));
            check(
                    "the limiters",
                    model.all().stream().map(limiter -> limiter.name).collect(Collectors.toCollection(TreeSet::new)),
                    names);
            for (int key = 0; key < keys; key++) {
                check(
                        "found " + key,
                        model.has(key),
                        limiters.registry().find(key).isPresent());
            }
            check("idle", model.all().stream().allMatch(NaiveLimiter::isIdle), PolicyAccess.isIdle(limiters));
            for (Waiting call : waiting) {
                if (call.future != null) {
                    check("a wait", call.line, Lines.of(call.future));
                }
            }
            waiting.removeIf(call -> call.stand() == NaiveGate.Stand.GONE && !call.line.equals("open"));
            model.readGauges();
            compareEvents(inOrder && !changedAll);
            compareMeters(true, inOrder);
        }

        @Override
        Object options() {
            return config.limits() + ", wait " + config.timeoutDuration() + ", " + limiters + ", " + keys
                    + " keys, somebody listens: " + listening();
        }

        /** Who waits for permits, and does nothing with them. */
        private static final class Waiting extends NaiveGate.Call {

            final NaiveLimiter limiter;
            final @Nullable CompletableFuture<?> future;
            final String result;
            String line = "open";

            Waiting(CallContext context, NaiveLimiter limiter, @Nullable CompletableFuture<?> future, String result) {
                super(context, Long.MAX_VALUE);
                this.limiter = limiter;
                this.future = future;
                this.result = result;
            }

            @Override
            void runs() {
                limiter.end(this, Ending.good(""));
                if (line.equals("open")) {
                    line = result;
                }
            }

            @Override
            void rejected(String rejection) {
                if (line.equals("open")) {
                    line = rejection;
                }
            }
        }

        private record Reserved(Reservation reservation, NaiveLimiter limiter, NaiveLimiter.Grant grant) {}
    }
}
