package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Watches a trial: reads the gauges of its arm many times a second and keeps the live line up to date. */
final class Observer implements AutoCloseable {
    private static final Duration LINE_INTERVAL = Duration.ofSeconds(1).dividedBy(LastSecond.TICKS_PER_SECOND);
    private static final int SAMPLES_PER_LINE = 5;
    private static final Duration SAMPLE_INTERVAL = LINE_INTERVAL.dividedBy(SAMPLES_PER_LINE);

    private final List<Gauges> samples = new CopyOnWriteArrayList<>();
    private final Thread thread = DaemonThreads.named("observer").newThread(this::watch);
    private final Arm arm;
    private final TrialClock clock;
    private final Timetable timetable;
    private final LastSecond lastSecond;
    private final LiveLine line;

    Observer(Arm arm, TrialClock clock, Timetable timetable, LastSecond lastSecond, LiveLine line) {
        this.arm = arm;
        this.clock = clock;
        this.timetable = timetable;
        this.lastSecond = lastSecond;
        this.line = line;
    }

    void start() {
        thread.start();
    }

    private void watch() {
        try {
            long start = clock.nanos();
            for (int tick = 1; ; tick++) {
                clock.sleepUntil(start + tick * SAMPLE_INTERVAL.toNanos());
                samples.add(Gauges.of(arm, clock.now()));
                if (tick % SAMPLES_PER_LINE == 0) {
                    showStatus();
                }
            }
        } catch (InterruptedException closed) {
            line.end();
        }
    }

    private void showStatus() {
        lastSecond.tick();
        var now = clock.now();
        var phase = timetable.phaseAt(now);
        line.show(
                new Status(
                        phase,
                        now.minus(timetable.startOf(phase)),
                        timetable.lengthOf(phase),
                        lastSecond.goodput(),
                        lastSecond.p99Seconds(),
                        Gauges.of(arm, now)),
                LINE_INTERVAL);
    }

    /** The gauges as they were read since time zero. */
    List<Gauges> samples() {
        return samples.stream().filter(sample -> !sample.time().isNegative()).toList();
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
