package dev.mainstay.spring.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is to be made of options, before anything is: which policies there are, and what pipelines consist of. All names
 * in it exist but for those of beans.
 */
final class Blueprint {

    private static final String OF_BEAN = "policy";

    private final MainstayOptions options;
    private final @Nullable PipelineOptions defaults;
    private final Map<PolicyKey, Planned<?>> policies = new LinkedHashMap<>();
    private final Map<String, Line> pipelines = new LinkedHashMap<>();

    /**
     * A pipeline.
     *
     * @param options bases and defaults included, but not those of its policies
     * @param steps what it consists of, the outermost first
     */
    record Line(String name, PipelineOptions options, List<Step> steps) {

        String section() {
            return "pipelines." + key(name);
        }
    }

    /**
     * One policy of a pipeline.
     *
     * @param policy one of ours, or null
     * @param bean the name of a bean, or null
     */
    record Step(@Nullable PolicyKey policy, @Nullable String bean) {}

    private Blueprint(MainstayOptions options) {
        this.options = options;
        this.defaults = options.defaults();
        checkSections();
        PolicyKind.ALL.forEach(this::planAlone);
        Map<String, PipelineOptions> laidOut = new LinkedHashMap<>();
        new TreeSet<>(options.pipelines().keySet())
                .forEach(name ->
                        laidOut.put(name, overBases("pipelines." + key(name), get(options.pipelines(), name))));
        Map<String, List<String>> orders = new LinkedHashMap<>();
        laidOut.forEach((name, pipeline) -> orders.put(name, planOwn(name, pipeline)));
        laidOut.forEach((name, pipeline) -> pipelines.put(name, line(name, pipeline, get(orders, name))));
    }

    /**
     * Of these options.
     *
     * @throws InvalidOptionException if they name what is not there, or contradict themselves
     */
    static Blueprint of(MainstayOptions options) {
        return new Blueprint(options);
    }

    Map<PolicyKey, Planned<?>> policies() {
        return policies;
    }

    Map<String, Line> pipelines() {
        return pipelines;
    }

    /** A policy by its kind and name, configured or not. */
    <O extends Record & PolicyOptions> Planned<O> planned(PolicyKind<O, ?, ?, ?> kind, String name) {
        @SuppressWarnings("unchecked") // the key has the kind
        Planned<O> configured = (Planned<O>) policies.get(new PolicyKey(kind.type(), name));
        return configured == null ? new Planned<>(kind, name, "", defaultsOf(kind), null) : configured;
    }

    /** A name as a part of a key: in brackets if it has to be. */
    static String key(String name) {
        return name.matches("[A-Za-z0-9_-]+") ? name : "[" + name + "]";
    }

    private void checkSections() {
        if (defaults != null) {
            checkSection("defaults", defaults);
            require(defaults.base() == null, "defaults", "base", "defaults have no base: write the options there");
            require(
                    defaults.fallback() == null,
                    "defaults",
                    "fallback",
                    "defaults have no fallback, since it knows the type of one call's result: name it in a pipeline");
        }
        options.configs().forEach((name, section) -> checkSection("configs." + key(name), section));
        options.pipelines().forEach((name, section) -> checkSection("pipelines." + key(name), section));
    }

    private static void checkSection(String section, PipelineOptions pipeline) {
        for (Slot<?> slot : Slot.DEFAULT_ORDER) {
            Record own = slot.options().apply(pipeline);
            if (own != null) {
                checkOptions(section + "." + slot.section(), own);
            }
        }
    }

    static void checkOptions(String section, Record own) {
        List<String> both = Records.contradiction(own);
        if (both != null) {
            throw InvalidOptionException.at(
                    section,
                    both.get(1),
                    (section.isEmpty() ? "" : "mainstay." + section + ": ") + both.get(0) + " and " + both.get(1)
                            + " take each other's place: leave one out");
        }
    }

    private <O extends Record & PolicyOptions> void planAlone(PolicyKind<O, ?, ?, ?> kind) {
        kind.named().apply(options).forEach((name, own) -> {
            String section = kind.alone() + "." + key(name);
            checkOptions(section, own);
            require(
                    own.enabled() == null,
                    section,
                    "enabled",
                    "enabled is for the policies of a pipeline: leave out one that is used alone");
            plan(new Planned<>(kind, name, section, defaultsOf(kind), own));
        });
    }

    private <O extends Record & PolicyOptions> @Nullable O defaultsOf(PolicyKind<O, ?, ?, ?> kind) {
        if (defaults == null) {
            return null;
        }
        for (Slot<?> slot : Slot.DEFAULT_ORDER) {
            if (slot.section().equals(kind.section())) {
                return kind.optionsType().cast(slot.options().apply(defaults));
            }
        }
        return null;
    }

    private void plan(Planned<?> policy) {
        Planned<?> before = policies.putIfAbsent(policy.key(), policy);
        if (before != null) {
            throw InvalidOptionException.at(
                    policy.section(),
                    "",
                    policy.kind().subject(policy.name()) + " is configured twice, at mainstay." + before.section()
                            + " and at mainstay." + policy.section() + ": they are one policy, so leave one out");
        }
    }

    private PipelineOptions overBases(String section, PipelineOptions own) {
        return overBases(section, own, new LinkedHashSet<>());
    }

    private PipelineOptions overBases(String section, PipelineOptions own, Set<String> path) {
        PipelineOptions below = null;
        for (String base : own.base() == null ? List.<String>of() : own.base()) {
            PipelineOptions config = options.configs().get(base);
            if (config == null) {
                throw InvalidOptionException.at(
                        section,
                        "base",
                        "mainstay." + section + ".base is '" + base + "' but must be one of mainstay.configs, of which "
                                + names(options.configs().keySet()));
            }
            require(
                    path.add(base),
                    section,
                    "base",
                    "mainstay." + section + ".base leads back to '" + base + "', by way of " + path);
            below = Records.over(below, overBases("configs." + key(base), config, path));
            path.remove(base);
        }
        PipelineOptions laidOver = Records.over(below, own);
        return laidOver == null ? own : laidOver;
    }

    /** Plans the pipeline's own policies, and gives its order. */
    private List<String> planOwn(String name, PipelineOptions pipeline) {
        String section = "pipelines." + key(name);
        List<String> order = pipeline.order() == null ? usualOrder(pipeline) : ownOrder(section, pipeline);
        for (Slot<?> slot : Slot.DEFAULT_ORDER) {
            if (order.contains(slot.section())) {
                plan(slot.planned(name, pipeline, defaults));
            }
        }
        return order;
    }

    private List<String> usualOrder(PipelineOptions pipeline) {
        List<String> there = Slot.DEFAULT_ORDER.stream()
                .filter(slot -> slot.isIn(pipeline))
                .map(Slot::section)
                .toList();
        List<String> wanted = defaults == null ? null : defaults.order();
        if (wanted == null) {
            return there;
        }
        checkOrder("defaults", wanted);
        requireComplete("defaults", wanted, there);
        return wanted.stream().filter(there::contains).toList();
    }

    private List<String> ownOrder(String section, PipelineOptions pipeline) {
        List<String> order = pipeline.order() == null ? List.of() : pipeline.order();
        checkOrder(section, order);
        requireComplete(
                section,
                order,
                Slot.DEFAULT_ORDER.stream()
                        .filter(slot -> slot.isIn(pipeline))
                        .map(Slot::section)
                        .toList());
        Set<String> off = Slot.DEFAULT_ORDER.stream()
                .filter(slot -> slot.isOff(pipeline))
                .map(Slot::section)
                .collect(Collectors.toSet());
        return order.stream().filter(step -> !off.contains(step)).toList();
    }

    private static void checkOrder(String section, List<String> order) {
        Set<String> seen = new HashSet<>();
        for (String step : order) {
            require(seen.add(step), section, "order", "mainstay." + section + ".order has '" + step + "' twice");
            String kind = step.contains(":") ? step.substring(0, step.indexOf(':')) : step;
            List<String> sections = new ArrayList<>(
                    Slot.DEFAULT_ORDER.stream().map(Slot::section).toList());
            if (step.contains(":")) {
                sections.remove("attempt-time-limiter");
                sections.add(OF_BEAN);
            }
            require(
                    sections.contains(kind),
                    section,
                    "order",
                    "mainstay." + section + ".order has '" + step + "' but must have "
                            + (step.contains(":") ? "kind:name with a kind of " : "names of sections: ")
                            + String.join(", ", sections) + InvalidOptionException.suggestion(kind, sections));
        }
    }

    private static void requireComplete(String section, List<String> order, List<String> there) {
        List<String> missing =
                there.stream().filter(each -> !order.contains(each)).toList();
        require(
                missing.isEmpty(),
                section,
                "order",
                "mainstay." + section + ".order leaves out " + String.join(", ", missing)
                        + ", configured for the pipeline: name it, or set its enabled to false");
    }

    private Line line(String name, PipelineOptions pipeline, List<String> order) {
        String section = "pipelines." + key(name);
        List<Step> steps = order.stream().map(step -> step(section, name, step)).toList();
        PipelineOptions laidOver = Records.over(defaults, pipeline);
        return new Line(name, laidOver == null ? pipeline : laidOver, steps);
    }

    private Step step(String section, String pipeline, String step) {
        int colon = step.indexOf(':');
        if (colon < 0) {
            Slot<?> slot = Slot.DEFAULT_ORDER.stream()
                    .filter(each -> each.section().equals(step))
                    .findFirst()
                    .orElseThrow();
            return new Step(new PolicyKey(slot.kind().type(), pipeline + slot.suffix()), null);
        }
        String kindName = step.substring(0, colon);
        String name = step.substring(colon + 1);
        if (kindName.equals(OF_BEAN)) {
            return new Step(null, name);
        }
        PolicyKind<?, ?, ?, ?> kind = PolicyKind.ALL.stream()
                .filter(each -> each.section().equals(kindName))
                .findFirst()
                .orElseThrow();
        PolicyKey key = new PolicyKey(kind.type(), name);
        require(
                policies.containsKey(key),
                section,
                "order",
                "mainstay." + section + ".order has '" + step + "' but there must be such a " + kind.words() + ": "
                        + names(policies.keySet().stream()
                                .filter(each -> each.type() == kind.type())
                                .map(PolicyKey::name)
                                .collect(Collectors.toSet())));
        return new Step(key, null);
    }

    private static void require(boolean condition, String section, String option, String message) {
        if (!condition) {
            throw InvalidOptionException.at(section, option, message);
        }
    }

    private static String names(Set<String> names) {
        return names.isEmpty() ? "there is none" : "there are " + Arrays.toString(new TreeSet<>(names).toArray());
    }

    private static <V> V get(Map<String, V> map, String name) {
        V value = map.get(name);
        if (value == null) {
            throw new IllegalStateException(name);
        }
        return value;
    }
}
