package dev.mainstay.breaker;

import dev.mainstay.time.TimerTask;

/** Looks at a breaker when something is due in it that need not wait for the next call. */
final class Alarm extends TimerTask {

    private final StateMachine machine;
    private final Era era;

    Alarm(StateMachine machine, Era era) {
        this.machine = machine;
        this.era = era;
    }

    /** A transition tells listeners, who must not keep the timer's thread. */
    @Override
    protected void fire() {
        machine.time().executor().execute(() -> machine.onAlarm(this, era));
    }
}
