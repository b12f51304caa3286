package dev.mainstay.verification.model;

import dev.mainstay.time.TimedTask;

/** Something that a play lets happen later in the policy's world; the model's world has its own {@link Agenda}. */
final class Alarm extends TimedTask {

    private final Runnable action;

    Alarm(Runnable action) {
        this.action = action;
    }

    @Override
    protected void fire() {
        action.run();
    }
}
