package dev.mainstay.time;

/** A timer task that runs something. */
final class Task extends TimedTask {

    private final Runnable work;

    private Task(Runnable work) {
        this.work = work;
    }

    static Task of(Runnable work) {
        return new Task(work);
    }

    static Task idle() {
        return new Task(() -> {});
    }

    @Override
    protected void fire() {
        work.run();
    }
}
