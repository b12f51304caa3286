package dev.mainstay.verification.api.sample;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** One of each kind of member. */
public abstract class Shelf<T extends Comparable<? super T> & Serializable, X extends Exception>
        implements Callable<@Nullable T> {

    public static final String NAME = "a \"shelf\"";
    public static final long CAPACITY = 1L << 40;
    public static final boolean OPEN = true;
    public static final char SIDE = 'l';
    public static final Object LOCK = new Object();
    protected final @Nullable List<? extends @Nullable T> things = null;
    int hidden;

    protected Shelf(int hidden) {
        this.hidden = hidden;
    }

    Shelf() {}

    public abstract <Y extends X, K extends @Nullable Object> Map.@Nullable Entry<K, List<?>> find(
            K key, @Nullable String @Nullable [] names, int[][] places) throws Y, IOException;

    protected static void put(Kind kind, @Nullable Object... things) {}

    @Deprecated(since = "1", forRemoval = false)
    public final void close() {}

    void hidden() {}

    private void alsoHidden() {
        Runnable synthetic = this::hidden;
        synthetic.run();
    }

    @Override
    public String toString() {
        alsoHidden();
        return "a shelf";
    }

    /** Its constants in their order. */
    public enum Kind {
        WIDE,
        NARROW {
            @Override
            public boolean fits() {
                return false;
            }
        };

        public boolean fits() {
            return true;
        }
    }

    /** What is sealed says for whom. */
    public sealed interface Mark extends Serializable permits Sign, Label {
        int LENGTH = 3;

        String text();

        default boolean isEmpty() {
            return text().isEmpty();
        }

        static Mark none() {
            return new Label("", List.of());
        }
    }

    /** A record is its components. */
    public record Label(String text, List<@Nullable String> others) implements Mark {
        public Label {
            others = List.copyOf(others);
        }

        public Label(String text) {
            this(text, List.of());
        }
    }

    public static final class Sign implements Mark {
        private static final long serialVersionUID = 1;

        Sign() {}

        @Override
        public String text() {
            return "sign";
        }
    }

    protected abstract static class Inside {
        protected abstract void open();
    }

    /** An annotation, its values and their defaults. */
    public @interface Fragile {
        int value() default 7;

        String[] to() default {"a", "b"};

        Class<?> because();
    }

    static class Hidden {
        public static class NestedInHidden {}
    }

    private static final class AlsoHidden {}
}
