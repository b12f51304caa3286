package dev.mainstay.verification.model;

import dev.mainstay.ratelimit.RateLimiterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter for each key as the documentation has it. It forgets no limiter, since nobody may notice that one was
 * evicted: only who has a place is written down.
 *
 * <p>A limiter that gets a place takes over what is owed in the shared one, if its key has shared that since nothing
 * was owed there.
 *
 * <p>The places stand in a row. Who needs one looks at the first so many: one that was used since it was last looked
 * at, or that is not idle, goes to the end.
 */
final class NaiveKeyedLimiter {

    private static final int LOOKED_AT = 32;

    private static final class Place {

        final int key;
        final NaiveLimiter limiter;
        final Ledger ledger;
        boolean used;
        RateLimiterConfig config;

        Place(int key, NaiveLimiter limiter, Ledger ledger, RateLimiterConfig config) {
            this.key = key;
            this.limiter = limiter;
            this.ledger = ledger;
            this.config = config;
        }

        @SuppressWarnings("ReferenceEquality") // a change to the same options is a change
        void reconfigure(RateLimiterConfig latest) {
            if (config != latest) {
                config = latest;
                limiter.reconfigure(latest);
            }
        }
    }

    private final String name;
    private final int most;
    private final Agenda agenda;
    private final Ledger ledger;
    private final NaiveLimiter shared;
    private RateLimiterConfig config;
    private final Map<Integer, Place> known = new TreeMap<>();
    private final List<Place> row = new ArrayList<>();
    private final Set<Integer> sharers = new TreeSet<>();

    NaiveKeyedLimiter(String name, int most, RateLimiterConfig config, Agenda agenda, Ledger ledger) {
        this.name = name;
        this.most = most;
        this.config = config;
        this.agenda = agenda;
        this.ledger = ledger;
        this.shared = new NaiveLimiter(name + "[shared]", config, agenda, ledger);
    }

    /** The limiter of a key: its own, or the one for all for whom there is no room. */
    NaiveLimiter get(int key) {
        Place place = known.get(key);
        if (place != null && row.contains(place)) {
            place.used = true;
            return place.limiter;
        }
        if (!makeRoom()) {
            sharers.add(key);
            return shared;
        }
        if (place == null) {
            Ledger own = ledger.part();
            NaiveLimiter limiter = new NaiveLimiter(name + "[" + key + " #Integer]", config, agenda, own);
            place = new Place(key, limiter, own, config);
            known.put(key, place);
        }
        if (shared.isIdle()) {
            sharers.clear();
        } else if (sharers.contains(key)) {
            place.limiter.takeOver(shared);
        }
        place.ledger.close(false);
        place.used = true;
        row.add(place);
        place.reconfigure(config);
        return place.limiter;
    }

    /** The same for a call. */
    NaiveLimiter forCall(@Nullable Integer key) {
        NaiveLimiter limiter = key == null ? shared : get(key);
        if (limiter == shared) {
            ledger.count("registry.shared.calls");
        }
        return limiter;
    }

    private boolean makeRoom() {
        if (row.size() < most) {
            return true;
        }
        for (int i = 0; i < LOOKED_AT; i++) {
            Place first = row.remove(0);
            if (!first.used && first.limiter.isIdle()) {
                first.ledger.close(true);
                ledger.count("registry.evictions");
                return true;
            }
            first.used = false;
            row.add(first);
        }
        return false;
    }

    /** Forgets a key's limiter; who waits there goes on waiting. */
    boolean remove(int key) {
        Place place = known.remove(key);
        if (place != null) {
            place.ledger.close(true);
        }
        return row.remove(place);
    }

    void reconfigure(RateLimiterConfig other) {
        config = other;
        for (Place place : row) {
            place.config = other;
            place.limiter.reconfigure(other);
        }
        shared.reconfigure(other);
    }

    boolean has(int key) {
        return row.stream().anyMatch(place -> place.key == key);
    }

    /** Those with a place, and the shared one. */
    List<NaiveLimiter> all() {
        List<NaiveLimiter> all = new ArrayList<>();
        row.forEach(place -> all.add(place.limiter));
        all.add(shared);
        return all;
    }

    void readGauges() {
        ledger.gauge("registry.instances", row.size());
        ledger.gauge(
                "ratelimiter.available",
                all().stream().mapToInt(NaiveLimiter::remaining).sum());
        ledger.gauge(
                "ratelimiter.waiting",
                all().stream().mapToInt(NaiveLimiter::waiting).sum());
    }
}
