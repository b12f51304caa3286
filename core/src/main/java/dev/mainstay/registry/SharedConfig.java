package dev.mainstay.registry;

import dev.mainstay.safe.Require;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A config that the instances of a {@link Registry} share, as it is now and as it was before, as long as an instance
 * may still reject it. Safe for use by many threads.
 *
 * @param <C> the kind of config
 */
final class SharedConfig<C> {

    final String name;
    private final AtomicReference<Version<C>> latest;

    SharedConfig(String name, C config) {
        this.name = name;
        this.latest = new AtomicReference<>(new Version<>(config, null));
    }

    C inForce() {
        return latest.get().config;
    }

    /** Puts another config in force, to be accepted or rejected. */
    Version<C> change(C config) {
        return changeBy(before -> config);
    }

    /** Puts in force what the function makes of the config, to be accepted or rejected. */
    Version<C> changeBy(UnaryOperator<C> change) {
        while (true) {
            Version<C> before = latest.get();
            C config = Require.present("config", change.apply(before.config));
            Version<C> version = new Version<>(config, before);
            if (latest.compareAndSet(before, version)) {
                return version;
            }
        }
    }

    /**
     * An instance has rejected this version: if it is in force, the last one before it that was not rejected is in
     * force again.
     *
     * @return whether another is in force now
     */
    boolean reject(Version<C> version) {
        version.rejected = true;
        boolean changed = false;
        while (true) {
            Version<C> current = latest.get();
            Version<C> good = current;
            while (good.rejected) {
                Version<C> before = good.before;
                if (before == null) {
                    break;
                }
                good = before;
            }
            if (good == current) {
                return changed;
            }
            changed |= latest.compareAndSet(current, good);
        }
    }

    /** One config after another. */
    static final class Version<C> {

        private final C config;
        private volatile @Nullable Version<C> before;
        private volatile boolean rejected;

        Version(C config, @Nullable Version<C> before) {
            this.config = config;
            this.before = before;
        }

        /** All instances have it: what was before is not needed any more. */
        void accept() {
            before = null;
        }
    }
}
