package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.spring.options.ConfiguredPipeline.Composition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;

/** One change of a catalog: first all is prepared, then all is done. Used by one thread. */
final class Renewal {

    private static final SafeLog LOG = SafeLog.of(ConfiguredPolicyCatalog.class);

    private final CatalogState next;
    private final Surroundings around;
    private final ConcurrentMap<PolicyKey, ConfiguredPolicy<?, ?, ?, ?>> policies;
    private final ConcurrentMap<String, ConfiguredPipeline> pipelines;
    private final MeasuredMembers members;
    private final Map<PolicyKey, ConfiguredPolicy<?, ?, ?, ?>> after = new LinkedHashMap<>();
    private final Map<PolicyKey, ConfiguredPolicy<?, ?, ?, ?>> made = new LinkedHashMap<>();
    private final List<ConfiguredPolicy.Change> changes = new ArrayList<>();
    private final Map<ConfiguredPipeline, Composition> compositions = new LinkedHashMap<>();

    Renewal(
            CatalogState next,
            Surroundings around,
            ConcurrentMap<PolicyKey, ConfiguredPolicy<?, ?, ?, ?>> policies,
            ConcurrentMap<String, ConfiguredPipeline> pipelines,
            MeasuredMembers members) {
        this.next = next;
        this.around = around;
        this.policies = policies;
        this.pipelines = pipelines;
        this.members = members;
    }

    /**
     * False if it has to be begun anew, with nothing done.
     *
     * @param commit puts the options in force, once the policies have them
     */
    boolean carryOut(Runnable commit) {
        Set<PolicyKey> kept = prepareWhatIsNoLongerThere();
        next.blueprint().policies().values().forEach(this::prepare);
        policies.forEach((key, policy) -> {
            if (!after.containsKey(key) && (policy.isHandedOut() || kept.contains(key))) {
                if (!kept.contains(key)) {
                    changes.add(policy.change(
                            next.blueprint().planned(policy.planned().kind(), key.name()), policy.inline(), around));
                }
                after.put(key, policy);
            }
        });
        next.blueprint().pipelines().values().forEach(this::prepare);
        if (!publish()) {
            withdraw();
            return false;
        }
        try {
            changeOptions();
        } catch (RuntimeException e) {
            withdraw();
            throw e;
        }
        changeCompositions(commit);
        return true;
    }

    /** Shows the new policies, unless one of them has been made by somebody else meanwhile. */
    private boolean publish() {
        return made.entrySet().stream().allMatch(each -> policies.putIfAbsent(each.getKey(), each.getValue()) == null);
    }

    private void withdraw() {
        made.forEach(policies::remove);
    }

    /** The policies of pipelines that stay, though they are configured no longer. */
    private Set<PolicyKey> prepareWhatIsNoLongerThere() {
        Set<Policy> used = Collections.newSetFromMap(new IdentityHashMap<>());
        pipelines.forEach((name, pipeline) -> {
            if (!next.blueprint().pipelines().containsKey(name)) {
                LOG.warn(
                        "Pipeline '{pipeline}' is not configured any longer. It stays as it is until the application"
                                + " ends",
                        "pipeline",
                        name);
                used.addAll(pipeline.composition().policies());
                compositions.put(pipeline, pipeline.composition());
            }
        });
        Set<PolicyKey> kept = new HashSet<>();
        policies.forEach((key, policy) -> {
            if (used.contains(policy.policy()) && !next.blueprint().policies().containsKey(key)) {
                kept.add(key);
            }
        });
        return kept;
    }

    private void prepare(Planned<?> planned) {
        ConfiguredPolicy<?, ?, ?, ?> there = policies.get(planned.key());
        if (there == null || there.isOther(planned)) {
            Map<String, String> inline = there == null ? Map.of() : there.inline();
            ConfiguredPolicy<?, ?, ?, ?> other = ConfiguredPolicy.of(planned, inline, false, around);
            after.put(planned.key(), other);
            if (there == null) {
                made.put(planned.key(), other);
            }
        } else {
            changes.add(there.change(planned, there.inline(), around));
            after.put(planned.key(), there);
        }
    }

    private void prepare(Blueprint.Line line) {
        ConfiguredPipeline there = pipelines.get(line.name());
        ConfiguredPipeline pipeline = there == null ? new ConfiguredPipeline(line.name(), around.timeSource()) : there;
        compositions.put(pipeline, compose(line, pipeline));
    }

    private Composition compose(Blueprint.Line line, ConfiguredPipeline pipeline) {
        try {
            return composed(line, pipeline);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw e instanceof InvalidOptionException
                    ? e
                    : InvalidOptionException.of(line.section(), "pipeline '" + line.name() + "'", e);
        }
    }

    private Composition composed(Blueprint.Line line, ConfiguredPipeline pipeline) {
        PipelineOptions options = line.options();
        List<Policy> links = line.steps().stream().map(this::policy).toList();
        boolean timed = Boolean.TRUE.equals(options.timed());
        Pipeline.Builder builder = Pipeline.builder(line.name());
        if (timed) {
            builder.policy(pipeline.timer());
        }
        builder.policies(links).contextCarrier(around.carrier());
        Settings.bean(
                around.beans(),
                "contextCarrier",
                options.contextCarrier(),
                ContextCarrier.class,
                builder::contextCarrier);
        Settings.bean(around.beans(), "executor", options.executor(), Executor.class, builder::executor);
        Fallback<?>[] fallback = new Fallback<?>[1];
        Settings.bean(around.beans(), "fallback", options.fallback(), Fallback.class, bean -> fallback[0] = bean);
        around.customize(Pipeline.Builder.class, line.name(), builder);
        return new Composition(
                links, timed, options.contextCarrier(), options.executor(), fallback[0], builder.build());
    }

    private Policy policy(Blueprint.Step step) {
        if (step.policy() != null) {
            ConfiguredPolicy<?, ?, ?, ?> ours = after.get(step.policy());
            return Require.present("policy", ours).policy();
        }
        Policy[] bean = new Policy[1];
        Settings.bean(around.beans(), "order", step.bean(), Policy.class, found -> bean[0] = found);
        return Require.present("policy", bean[0]);
    }

    private void changeOptions() {
        List<ConfiguredPolicy.Change> made = new ArrayList<>();
        try {
            for (ConfiguredPolicy.Change change : changes) {
                change.make();
                made.add(change);
            }
        } catch (RuntimeException e) {
            Collections.reverse(made);
            made.forEach(ConfiguredPolicy.Change::undo);
            throw e;
        }
    }

    private void changeCompositions(Runnable commit) {
        policies.putAll(after);
        commit.run();
        compositions.forEach((pipeline, composition) -> {
            pipeline.become(composition, next.isEnabled());
            pipelines.put(pipeline.name(), pipeline);
        });
        policies.forEach((key, policy) -> {
            if (!after.containsKey(key)) {
                forgetOrChange(key, policy);
            }
        });
        measure();
    }

    /** One that somebody has asked for while all this was prepared has the options of before. */
    private void forgetOrChange(PolicyKey key, ConfiguredPolicy<?, ?, ?, ?> policy) {
        if (!policy.isHandedOut()) {
            policies.remove(key, policy);
            return;
        }
        try {
            policy.change(next.blueprint().planned(policy.planned().kind(), key.name()), policy.inline(), around)
                    .make();
        } catch (IllegalArgumentException e) {
            LOG.warn("A policy keeps its options, since a change of them is wrong: " + e.getMessage(), e);
        }
    }

    private void measure() {
        Set<Policy> present = Collections.newSetFromMap(new IdentityHashMap<>());
        policies.values().forEach(each -> present.add(each.policy()));
        pipelines.values().forEach(each -> {
            if (each.composition().timed()) {
                present.add(each.timer());
            }
            present.addAll(each.composition().policies());
        });
        members.retain(present);
        present.forEach(members::add);
    }
}
