package dev.mainstay;

import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import org.junit.jupiter.api.Test;

/**
 * The interrupt by which a time limit ends a call on its caller's thread comes before the end of the call or not at
 * all, and what the thread does next never sees it; an outer limit's interrupt is still there when an inner one has
 * cleared its own, and so is one that came from somebody else before the time was up.
 */
class AnInterruptOfOursEndsWithTheCallTest {

    private static final long TIMEOUT = 10;

    @Test
    void forOneLimit() {
        Exploration.holds(() -> {
            StandingTime time = new StandingTime();
            Thread timer = Exploration.thread(() -> time.advance(TIMEOUT));
            timer.start();

            CallerThreadLimit limit = limit(null, time);
            boolean inTime = limit.finish(null);
            Exploration.require(!Thread.currentThread().isInterrupted(), "the interrupt was left behind");

            Exploration.join(timer);
            Exploration.require(!Thread.interrupted(), "the interrupt came too late");
            Exploration.require(inTime != limit.timedOut(), "in time and timed out");
        });
    }

    @Test
    void forALimitInsideAnother() {
        Exploration.holds(() -> {
            StandingTime time = new StandingTime();
            Thread timer = Exploration.thread(() -> time.advance(TIMEOUT));
            timer.start();

            CallerThreadLimit outer = limit(null, time);
            CallerThreadLimit inner = limit(outer, time);
            boolean innerInTime = inner.finish(null);
            boolean outerHadFired = outer.timedOut();
            boolean interrupted = Thread.currentThread().isInterrupted();
            boolean outerInTime = outer.finish(null);

            Exploration.require(interrupted || !outerHadFired || innerInTime, "the outer limit's interrupt was lost");
            Exploration.join(timer);
            Exploration.require(!Thread.interrupted(), "an interrupt was left behind, or came too late");
            Exploration.require(outerInTime || !innerInTime || outer.timedOut(), "in time and timed out");
        });
    }

    @Test
    void ofSomebodyElseItIsKept() {
        Exploration.holds(() -> {
            StandingTime time = new StandingTime();
            Thread caller = Thread.currentThread();
            Thread stranger = Exploration.thread(caller::interrupt);
            stranger.start();

            boolean inTime = limit(null, time).finish(null);
            while (stranger.isAlive()) {
                Thread.onSpinWait();
            }
            Exploration.require(Thread.interrupted(), "the interrupt was lost");
            Exploration.require(inTime, "no time has passed");
        });
    }

    private static CallerThreadLimit limit(CallerThreadLimit parent, StandingTime time) {
        CallerThreadLimit limit = CallerThreadLimit.of(parent, time, TIMEOUT, null, true);
        limit.arm(0, TIMEOUT);
        return limit;
    }
}
