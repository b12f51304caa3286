package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.event.Subscription;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * The instances that a registry holds, and those who watch them come and go. Safe for use by many threads. Watchers are
 * called with no lock held, each for itself one call after the other, and nothing that they throw comes out here. Who
 * adds and removes makes sure before that the stack has room.
 *
 * @param <P> the kind of policy, which must have the equality of identity
 */
final class Members<P extends Policy> {

    private final String owner;
    private final Set<P> present = ConcurrentHashMap.newKeySet();
    private final List<Watcher<P>> watchers = new CopyOnWriteArrayList<>();

    Members(String owner) {
        this.owner = owner;
    }

    void add(P policy) {
        if (present.add(policy)) {
            tell(policy);
        }
    }

    void remove(P policy) {
        if (present.remove(policy)) {
            tell(policy);
        }
    }

    private void tell(P policy) {
        for (Watcher<P> watcher : watchers) {
            watcher.look(policy);
        }
    }

    List<P> all() {
        return List.copyOf(present);
    }

    Subscription watch(Function<? super P, ? extends Subscription> attach) {
        Watcher<P> watcher = new Watcher<>(owner, present, attach);
        watchers.add(watcher);
        watcher.lookAtAll();
        return () -> {
            watchers.remove(watcher);
            watcher.close();
        };
    }
}
