package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.questions.AsyncStack;
import dev.mainstay.benchmarks.questions.AsyncTimeLimited;
import dev.mainstay.benchmarks.questions.BreakerClosed;
import dev.mainstay.benchmarks.questions.BreakerInstances;
import dev.mainstay.benchmarks.questions.BreakerWindow;
import dev.mainstay.benchmarks.questions.BulkheadEntered;
import dev.mainstay.benchmarks.questions.Floors;
import dev.mainstay.benchmarks.questions.Polluted;
import dev.mainstay.benchmarks.questions.Question;
import dev.mainstay.benchmarks.questions.RateLimiterGranting;
import dev.mainstay.benchmarks.questions.Rejected;
import dev.mainstay.benchmarks.questions.Retrying;
import dev.mainstay.benchmarks.questions.Stack;
import dev.mainstay.benchmarks.questions.StateChanges;
import dev.mainstay.benchmarks.questions.ThreadPoolRoundTrip;
import dev.mainstay.benchmarks.questions.TimeLimited;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Param;

/** What can be measured: each question with all its parameters, for the contenders that have an answer. */
final class Plan {

    /** In the order of the page. */
    private static final List<Class<? extends Question<?>>> QUESTIONS = List.of(
            BreakerClosed.class,
            BreakerWindow.class,
            BreakerInstances.class,
            Rejected.class,
            StateChanges.class,
            BulkheadEntered.class,
            ThreadPoolRoundTrip.class,
            RateLimiterGranting.class,
            Retrying.class,
            TimeLimited.class,
            AsyncTimeLimited.class,
            Stack.class,
            AsyncStack.class,
            Polluted.class,
            Floors.class);

    private static final int[] THREADS = {1, 2};

    private Plan() {}

    /** Everything. */
    static List<Cell> full() {
        return Stream.concat(QUESTIONS.stream().flatMap(Plan::cells), AtRest.cells())
                .toList();
    }

    /** What the marks need, in the order of the marks. */
    static List<Cell> ofMarks(List<Mark> marks) {
        return marks.stream().flatMap(Mark::cells).distinct().toList();
    }

    static List<String> questions() {
        return Stream.concat(QUESTIONS.stream().map(Class::getSimpleName), Stream.of(AtRest.INSTANCE, AtRest.KEYED))
                .toList();
    }

    /** A question in words. */
    static String asks(String question) {
        return QUESTIONS.stream()
                .filter(type -> type.getSimpleName().equals(question))
                .findFirst()
                .map(type -> instance(type).asks())
                .orElseGet(() -> AtRest.asks(question));
    }

    private static Stream<Cell> cells(Class<? extends Question<?>> type) {
        List<Field> fields = Stream.of(type.getFields())
                .filter(field -> field.isAnnotationPresent(Param.class))
                .filter(field -> !field.getName().equals(Cell.CONTENDER))
                .toList();
        return combinations(fields).stream()
                .flatMap(parameters -> Contenders.all().stream()
                        .filter(contender -> hasAnswer(type, parameters, contender))
                        .flatMap(contender -> Arrays.stream(THREADS)
                                .mapToObj(threads ->
                                        new Cell(type.getSimpleName(), parameters, threads).to(contender.name()))));
    }

    private static List<Map<String, String>> combinations(List<Field> fields) {
        List<Map<String, String>> combinations = List.of(Map.of());
        for (Field field : fields) {
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> shorter : combinations) {
                for (String value : values(field)) {
                    Map<String, String> one = new TreeMap<>(shorter);
                    one.put(field.getName(), value);
                    longer.add(one);
                }
            }
            combinations = longer;
        }
        return combinations;
    }

    /** Those of the annotation, or all constants of an enum for which it gives none. */
    private static List<String> values(Field field) {
        String[] values = field.getAnnotation(Param.class).value();
        if (!Arrays.equals(values, new String[] {Param.BLANK_ARGS})) {
            return List.of(values);
        }
        return Stream.of(field.getType().getEnumConstants())
                .map(constant -> ((Enum<?>) constant).name())
                .toList();
    }

    private static boolean hasAnswer(
            Class<? extends Question<?>> type, Map<String, String> parameters, Contender contender) {
        Question<?> question = instance(type);
        try {
            for (Map.Entry<String, String> parameter : parameters.entrySet()) {
                set(question, type.getField(parameter.getKey()), parameter.getValue());
            }
            Object answer = question.answerOf(contender);
            if (answer instanceof AutoCloseable closeable) {
                closeable.close();
            }
            return answer != null;
        } catch (Exception e) {
            throw new IllegalStateException(type + " cannot be asked " + contender.name(), e);
        }
    }

    private static void set(Question<?> question, Field field, String value) throws IllegalAccessException {
        if (field.getType() == int.class) {
            field.setInt(question, Integer.parseInt(value));
        } else if (field.getType() == String.class) {
            field.set(question, value);
        } else {
            field.set(question, constant(field.getType(), value));
        }
    }

    private static Object constant(Class<?> type, String name) {
        return Stream.of(type.getEnumConstants())
                .filter(constant -> ((Enum<?>) constant).name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Question<?> instance(Class<? extends Question<?>> type) {
        try {
            Constructor<? extends Question<?>> constructor = type.getConstructor();
            return constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
