package dev.mainstay.verification.model;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.mainstay.verification.SearchSize;
import java.util.Random;
import java.util.function.LongFunction;
import org.slf4j.LoggerFactory;

/** As many plays as it takes for so many steps: fresh ones each time, unless a seed is given. */
final class Plays {

    /** With so many, a bug that is there on purpose is found. */
    static final int STEPS_THAT_FIND = 100_000;

    private static final int STEPS = SearchSize.of("model.steps", 10_000, STEPS_THAT_FIND);
    private static final int STEPS_OF_A_PLAY = 500;

    private Plays() {}

    /**
     * Plays until all steps are done.
     *
     * @param what the policy, for messages
     * @param plays makes a play of a seed
     */
    static void of(String what, LongFunction<? extends Play> plays) {
        of(what, plays, STEPS);
    }

    /** The same in so many steps. */
    static void of(String what, LongFunction<? extends Play> plays, int steps) {
        // A line in the log says why, for which the policy looks at itself, and so finds what is due earlier than its
        // model.
        Logger log = (Logger) LoggerFactory.getLogger("dev.mainstay");
        Level before = log.getLevel();
        log.setLevel(Level.OFF);
        try {
            playAll(what, plays, steps);
        } finally {
            log.setLevel(before);
        }
    }

    private static void playAll(String what, LongFunction<? extends Play> plays, int wanted) {
        long first = Long.getLong("model.seed", new Random().nextLong());
        Random seeds = new Random(first);
        long seed = first;
        int steps = 0;
        int played = 0;
        long begun = System.nanoTime();
        while (steps < wanted) {
            steps += play(what, seed, plays);
            played++;
            seed = seeds.nextLong();
        }
        long millis = (System.nanoTime() - begun) / 1_000_000;
        System.out.println("Model of the " + what + ": the same in " + steps + " steps of " + played + " plays, "
                + millis + " ms, seed " + first);
    }

    private static int play(String what, long seed, LongFunction<? extends Play> plays) {
        Play play = plays.apply(seed);
        int steps = 1 + play.random.nextInt(STEPS_OF_A_PLAY);
        for (int step = 0; step < steps; step++) {
            try {
                play.step();
                play.compare();
            } catch (Throwable difference) {
                throw new AssertionError(
                        "The " + what + " and its model differ in step " + step + " of the play with -Dmodel.seed="
                                + seed
                                + ":\n" + difference.getMessage() + "\n" + play.options() + "\nat last:\n"
                                + String.join("\n", play.trail()),
                        difference);
            }
        }
        return steps;
    }
}
