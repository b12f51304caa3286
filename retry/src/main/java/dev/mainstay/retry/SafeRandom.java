package dev.mainstay.retry;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.event.CallbackFailures;

/** A random source of the user's. Where it throws, or gives what is no share of one, the system's takes its place. */
final class SafeRandom implements RandomSource {

    private final RandomSource users;
    private final String retry;
    private final CallbackFailures failures = new CallbackFailures();

    private SafeRandom(RandomSource users, String retry) {
        this.users = users;
        this.retry = retry;
    }

    static RandomSource of(RandomSource random, String retry) {
        return random == RandomSource.system() ? random : new SafeRandom(random, retry);
    }

    @Override
    public double nextDouble() {
        try {
            double drawn = users.nextDouble();
            if (drawn >= 0 && drawn <= 1) {
                return drawn;
            }
            failures.report(retry, "random source", new IllegalArgumentException("it gave " + drawn));
        } catch (Throwable broken) {
            failures.report(retry, "random source", broken);
        }
        return RandomSource.system().nextDouble();
    }
}
