package dev.mainstay.verification;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import dev.mainstay.Gate;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

/** What the layout of the house promises, checked over the production classes of every published module. */
class ArchitectureTest {
    private static final String TESTKIT = "dev.mainstay.testkit..";
    private static final String HTTP = "dev.mainstay.http..";
    private static final String MICROMETER = "dev.mainstay.micrometer..";
    private static final String REACTOR = "dev.mainstay.reactor..";
    private static final String SPRING = "dev.mainstay.spring..";

    /** The packages of core, from the bottom up. */
    private static final List<String> LAYERS = List.of(
            "dev.mainstay.safe",
            "dev.mainstay.time",
            "dev.mainstay.event",
            "dev.mainstay.meter",
            "dev.mainstay.backoff",
            "dev.mainstay.future",
            "dev.mainstay.call",
            "dev.mainstay.outcome",
            "dev.mainstay",
            "dev.mainstay.registry");

    private static final DescribedPredicate<JavaClass> CORE =
            resideInAnyPackage(LAYERS.toArray(String[]::new)).as("the core");

    private static final JavaClasses PRODUCTION = new ClassFileImporter()
            .withImportOption(location ->
                    !location.contains("/test-classes/") && !location.contains("/dev/mainstay/verification/"))
            .importPackages("dev.mainstay");

    private static final Pattern LOOKUPS =
            Pattern.compile("forName|newInstance|get(Declared)?(Methods?|Fields?|Constructors?)");

    /** Classes whose task it is to do what the others leave to {@code dev.mainstay.time}, and with what. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            // the injected randomness itself
            "dev.mainstay.backoff.RandomSource", Set.of("java.util.concurrent.ThreadLocalRandom", "java.util.Random"),
            // a bulkhead of threads makes threads
            "dev.mainstay.bulkhead.PoolThreads", Set.of("java.lang.Thread"),
            // awaitTermination waits on the wall clock, as that of each HttpClient does
            "dev.mainstay.http.CallsInFlight", Set.of("java.util.concurrent.CountDownLatch"));

    static JavaClasses production() {
        return PRODUCTION;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.mainstay",
                "dev.mainstay.time",
                "dev.mainstay.testkit",
                "dev.mainstay.breaker",
                "dev.mainstay.bulkhead",
                "dev.mainstay.retry",
                "dev.mainstay.ratelimit",
                "dev.mainstay.http",
                "dev.mainstay.micrometer",
                "dev.mainstay.reactor",
                "dev.mainstay.spring"
            })
    void everyPublishedModuleIsLookedAt(String packageName) {
        assertThat(PRODUCTION.containPackage(packageName)).isTrue();
    }

    @Test
    void theCoreKnowsNothingButSlf4j() {
        check(classes()
                .that(CORE)
                .should()
                .onlyDependOnClassesThat(CORE.or(resideInAnyPackage("java..", "org.slf4j..", "org.jspecify.."))));
    }

    /** So nothing in it goes round in circles. */
    @ParameterizedTest
    @MethodSource("layers")
    void aPackageOfCoreKnowsThoseBelowIt(String packageName, List<String> below) {
        List<String> known = new ArrayList<>(below);
        known.add(packageName);
        assertThat(PRODUCTION.containPackage(packageName)).isTrue();
        check(classes()
                .that()
                .resideInAPackage(packageName)
                .should()
                .onlyDependOnClassesThat(not(CORE).or(resideInAnyPackage(known.toArray(String[]::new)))));
    }

    static Stream<Arguments> layers() {
        return IntStream.range(0, LAYERS.size()).mapToObj(i -> arguments(LAYERS.get(i), LAYERS.subList(0, i)));
    }

    @Test
    void everyPackageOfCoreHasItsLayer() {
        URL core = Gate.class.getProtectionDomain().getCodeSource().getLocation();
        JavaClasses all = new ClassFileImporter().importUrl(core);
        classes().should().resideInAnyPackage(LAYERS.toArray(String[]::new)).check(all);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.mainstay.breaker..",
                "dev.mainstay.bulkhead..",
                "dev.mainstay.retry..",
                "dev.mainstay.ratelimit.."
            })
    void aFeatureKnowsTheCoreAndNoOtherFeature(String feature) {
        check(classes()
                .that()
                .resideInAPackage(feature)
                .should()
                .onlyDependOnClassesThat(
                        CORE.or(resideInAnyPackage(feature, "java..", "org.slf4j..", "org.jspecify.."))));
    }

    @Test
    void theTestkitKnowsTheCoreAndAssertJ() {
        check(classes()
                .that()
                .resideInAPackage(TESTKIT)
                .should()
                .onlyDependOnClassesThat(
                        CORE.or(resideInAnyPackage(TESTKIT, "java..", "org.assertj..", "org.jspecify.."))));
    }

    @Test
    void httpKnowsTheRetryWhoseLastAnswerItReturnsAndNoOtherFeature() {
        check(classes()
                .that()
                .resideInAPackage(HTTP)
                .should()
                .onlyDependOnClassesThat(CORE.or(resideInAnyPackage(
                        HTTP, "dev.mainstay.retry..", "java..", "javax.net.ssl..", "org.jspecify.."))));
    }

    /** Rules and headers serve every client, also where there is no retry and no client of the JDK. */
    @Test
    void rulesAndHeadersKnowNoRetry() {
        check(noClasses()
                .that()
                .resideInAPackage(HTTP)
                .and()
                .doNotHaveSimpleName("GuardedCall")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.mainstay.retry.."));
    }

    @Test
    void theBindingToMicrometerKnowsNoPolicyButByWhatItSaysOfItself() {
        check(classes()
                .that()
                .resideInAPackage(MICROMETER)
                .should()
                .onlyDependOnClassesThat(CORE.or(resideInAnyPackage(
                        MICROMETER,
                        "java..",
                        "io.micrometer.core..",
                        "io.micrometer.common..",
                        "io.micrometer.observation..",
                        "io.micrometer.context..",
                        "org.slf4j..",
                        "org.jspecify.."))));
    }

    @Test
    void theOperatorsOfReactorKnowNoPolicyOfAnotherModule() {
        check(classes()
                .that()
                .resideInAPackage(REACTOR)
                .should()
                .onlyDependOnClassesThat(CORE.or(resideInAnyPackage(
                        REACTOR,
                        "java..",
                        "reactor..",
                        "org.reactivestreams..",
                        "io.micrometer.context..",
                        "org.jspecify.."))));
    }

    @Test
    void onlyTheTimePackageTouchesClocksTimersThreadsAndRandoms() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.mainstay.time..")
                .should()
                .accessTargetWhere(describe(
                        "the target is a clock, a timer, a blocked or started thread, or a random",
                        access -> isTimeThreadOrRandom(access) && !isAllowed(access))));
    }

    /**
     * The one mechanism by which calls end: nothing goes around it. What it does is said in {@code GateExit}, {@code
     * OwedPermits} and {@code CallFuture}.
     */
    @Test
    void aPermitIsGivenBackInOnePlace() {
        check(noClasses()
                .should()
                .accessTargetWhere(describe(
                        "the target is Gate.exit",
                        access -> access.getTarget().getName().equals("exit")
                                && access.getTargetOwner().isAssignableTo(Gate.class)
                                && !access.getOrigin().getName().equals("giveBack"))));
    }

    @Test
    void aFutureIsCompletedInOnePlace() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(TESTKIT)
                .and()
                .doNotHaveSimpleName("CallFuture")
                .should()
                .accessTargetWhere(describe(
                        "the target completes a future, and not through CallFuture",
                        access -> access.getTargetOwner().isAssignableTo(CompletableFuture.class)
                                && !access.getTargetOwner().isAssignableTo(CallFuture.class)
                                && Set.of("complete", "completeExceptionally", "obtrudeValue", "obtrudeException")
                                        .contains(access.getTarget().getName()))));
    }

    /** By {@code Stages.follow}, which is safe with every kind of stage and nests to a fixed depth. */
    @Test
    void aStageIsFollowedInOnePlace() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages("dev.mainstay.time..", TESTKIT)
                .and()
                .doNotHaveSimpleName("Stages")
                .and()
                .doNotHaveSimpleName("AdoptedStage")
                .should()
                .accessTargetWhere(describe(
                        "the target is a callback of a stage",
                        access -> access.getTargetOwner().isAssignableTo(CompletionStage.class)
                                && access.getTarget()
                                        .getName()
                                        .matches("whenComplete|handle|then.*|exceptionally.*"))));
    }

    @Test
    void onlyTheSafeLogLogs() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.mainstay.safe..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.slf4j..")
                        // which is context, and no log
                        .and(not(type(MDC.class)))
                        .as("are of SLF4J and not the MDC")));
    }

    @Test
    void aStandingPermitIsFoundWithOneVolatileRead() {
        assertThat(PRODUCTION
                        .get(Gate.class)
                        .getMethod("execute", CallContext.class, CallBody.class)
                        .getFieldAccesses())
                .filteredOn(access -> access.getTarget()
                        .resolveMember()
                        .orElseThrow()
                        .getModifiers()
                        .contains(JavaModifier.VOLATILE))
                .extracting(JavaAccess::getName)
                .containsExactly("standing");
    }

    @Test
    void everyStaticFieldIsFinal() {
        check(fields().that().areStatic().should().beFinal());
    }

    @Test
    void noPublicStaticFieldHoldsSomethingMutable() {
        check(fields().that()
                .areStatic()
                .and()
                .arePublic()
                .should()
                .haveRawType(describe(
                        "no array, collection, map or atomic",
                        type -> !type.isArray()
                                && !type.isAssignableTo(Collection.class)
                                && !type.isAssignableTo(Map.class)
                                && !type.getPackageName().equals("java.util.concurrent.atomic"))));
    }

    @Test
    void anExceptionHoldsValuesAndNeverAPolicy() {
        check(fields().that()
                .areDeclaredInClassesThat()
                .areAssignableTo(Throwable.class)
                .and()
                .areNotStatic()
                .should()
                .beFinal()
                .andShould()
                .haveRawType(describe(
                        "a number, a name, one of a few constants, a record of such, or what the body gave",
                        type -> type.isPrimitive()
                                || type.isEnum()
                                || type.isRecord()
                                || type.isAssignableTo(Rejection.class)
                                || type.isEquivalentTo(String.class)
                                || type.isEquivalentTo(Object.class))));
    }

    @Test
    void aRejectionHoldsValuesAndNeverAPolicy() {
        check(fields().that()
                .areDeclaredInClassesThat()
                .areAssignableTo(Rejection.class)
                .and()
                .areNotStatic()
                .should()
                .beFinal()
                .andShould()
                .haveRawType(describe(
                        "a number, a name, one of a few constants, a record of such, or its exception",
                        type -> type.isPrimitive()
                                || type.isEnum()
                                || type.isRecord()
                                || type.getSimpleName().equals("RateLimit")
                                || type.isAssignableTo(CallRejectedException.class)
                                || type.isEquivalentTo(String.class))));
    }

    @Test
    void everyExceptionPutsItsMessageTogetherItself() {
        check(classes()
                .that()
                .areAssignableTo(Throwable.class)
                .and()
                .resideOutsideOfPackage(TESTKIT)
                .should(satisfy(
                        "have a message, which NullAway sees is never null",
                        type -> type.tryGetMethod("getMessage").isPresent()
                                || type.getRawSuperclass()
                                        .filter(parent ->
                                                parent.getPackageName().startsWith("dev.mainstay"))
                                        .isPresent())));
    }

    @Test
    void nothingWritesToTheStandardStreams() {
        check(NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS);
    }

    @Test
    void nothingLogsThroughJavaUtilLogging() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging.."));
    }

    @Test
    void theCoreUsesNoReflection() {
        check(noClasses().that(CORE).should().dependOnClassesThat().resideInAPackage("java.lang.reflect.."));
        check(noClasses()
                .that(CORE)
                .should()
                .accessTargetWhere(describe(
                        "the target looks up a class or its members by name",
                        access -> access.getTargetOwner().isEquivalentTo(Class.class)
                                && LOOKUPS.matcher(access.getTarget().getName()).matches())));
    }

    @Test
    void publicClassesAreInExportedPackages() throws IOException {
        Set<String> exported = exportedPackages();
        check(classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .resideInAnyPackage(exported.toArray(String[]::new)));
    }

    @Test
    void everyPackageIsNullMarked() {
        check(classes()
                .should(satisfy(
                        "reside in a package that is @NullMarked",
                        type -> type.getPackage()
                                .tryGetPackageInfo()
                                .filter(info -> info.isAnnotatedWith(NullMarked.class))
                                .isPresent())));
    }

    /** A rule about a package that has no classes yet holds. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(PRODUCTION);
    }

    private static boolean isTimeThreadOrRandom(JavaAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        String method = access.getTarget().getName();
        return switch (owner.getName()) {
            case "java.lang.System" -> method.equals("nanoTime") || method.equals("currentTimeMillis");
            case "java.lang.Object" -> method.equals("wait");
            case "java.lang.Math", "java.lang.StrictMath" -> method.equals("random");
            case "java.util.concurrent.locks.LockSupport" -> method.startsWith("park");
            case "java.time.Clock" -> method.startsWith("system") || method.startsWith("tick");
            case "java.util.concurrent.TimeUnit" ->
                Set.of("sleep", "timedWait", "timedJoin").contains(method);
            case "java.util.concurrent.CompletableFuture" ->
                Set.of("orTimeout", "completeOnTimeout", "delayedExecutor").contains(method)
                        || waitsOnTheWallClock(access);
            case "java.util.Timer",
                    "java.util.TimerTask",
                    "java.util.concurrent.Executors",
                    "java.security.SecureRandom",
                    "java.util.SplittableRandom",
                    "java.util.concurrent.ThreadLocalRandom" -> true;
            default ->
                (owner.isAssignableTo(Thread.class)
                                && Set.of("sleep", "start", "join", "<init>", "startVirtualThread")
                                        .contains(method))
                        || owner.isAssignableTo("java.util.concurrent.ScheduledExecutorService")
                        || owner.isAssignableTo("java.util.random.RandomGenerator")
                        || (owner.getPackageName().startsWith("java.time") && method.equals("now"))
                        || waitsOnTheWallClock(access);
        };
    }

    /** Waits of {@code java.util.concurrent} with a time limit read the system clock, whatever clock we were given. */
    private static boolean waitsOnTheWallClock(JavaAccess<?> access) {
        return access.getTargetOwner().getPackageName().startsWith("java.util.concurrent")
                && !access.getTargetOwner().isEquivalentTo(TimeUnit.class)
                && access.getTarget() instanceof CodeUnitCallTarget target
                && !target.getName().equals("<init>")
                && !target.getName().endsWith("KeepAliveTime")
                && target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(TimeUnit.class));
    }

    private static boolean isAllowed(JavaAccess<?> access) {
        return ALLOWED.getOrDefault(topLevelName(access.getOriginOwner()), Set.of())
                .contains(access.getTargetOwner().getName());
    }

    private static String topLevelName(JavaClass type) {
        String name = type.getName();
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private static Set<String> exportedPackages() throws IOException {
        Set<String> exported = new TreeSet<>();
        // has no module-info: Spring's modules are automatic ones
        exported.add(SPRING);
        for (URL url : Collections.list(ArchitectureTest.class.getClassLoader().getResources("module-info.class"))) {
            try (InputStream in = url.openStream()) {
                ModuleDescriptor module = ModuleDescriptor.read(in);
                if (module.name().startsWith("dev.mainstay")) {
                    module.exports().stream()
                            .filter(export -> !export.isQualified())
                            .map(ModuleDescriptor.Exports::source)
                            .forEach(exported::add);
                }
            }
        }
        return exported;
    }

    /** Virtual threads of JDK 21 to 23 stay pinned to their carrier inside a monitor. */
    private static <T extends JavaClass> ArchCondition<T> satisfy(String description, Predicate<T> predicate) {
        return ArchCondition.from(describe(description, predicate));
    }
}
