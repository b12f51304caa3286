package dev.mainstay.spring.options;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * The policies that are there to be measured, and those who follow their coming and going. Safe for use by many
 * threads; followers are called with no lock held.
 */
final class MeasuredMembers {

    private final Set<Policy> present = ConcurrentHashMap.newKeySet();
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    void add(Policy policy) {
        if (present.add(policy)) {
            followers.forEach(each -> each.attach(policy));
        }
    }

    /** All others go. */
    void retain(Set<Policy> policies) {
        Set<Policy> gone = new HashSet<>(present);
        gone.removeAll(policies);
        gone.forEach(policy -> {
            if (present.remove(policy)) {
                followers.forEach(each -> each.detach(policy));
            }
        });
    }

    Subscription watch(Function<? super MeterSource, ? extends Subscription> attach) {
        Follower follower = new Follower(attach);
        followers.add(follower);
        present.forEach(follower::attach);
        return () -> {
            followers.remove(follower);
            follower.attached.keySet().forEach(follower::detach);
        };
    }

    private static final class Follower {

        private static final Subscription ATTACHING = () -> {};

        private final Function<? super MeterSource, ? extends Subscription> attach;
        private final Map<Policy, Subscription> attached = new ConcurrentHashMap<>();

        Follower(Function<? super MeterSource, ? extends Subscription> attach) {
            this.attach = attach;
        }

        void attach(Policy policy) {
            if (attached.putIfAbsent(policy, ATTACHING) == null) {
                MeterSource source = sink -> PolicyAccess.describe(policy, sink);
                Subscription tie = attach.apply(source);
                if (!attached.replace(policy, ATTACHING, tie)) {
                    tie.close();
                }
            }
        }

        void detach(Policy policy) {
            Subscription tie = attached.remove(policy);
            if (tie != null) {
                tie.close();
            }
        }
    }
}
