package dev.mainstay.verification.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.verification.api.sample.Exposed;
import dev.mainstay.verification.api.sample.Shelf;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PublicApiTextTest {

    private static final String SAMPLE = Shelf.class.getPackageName();

    private static final ModuleDescriptor MODULE = ModuleDescriptor.newModule("sample")
            .requires("java.base")
            .requires(Set.of(Modifier.TRANSITIVE, Modifier.STATIC), "org.jspecify")
            .requires("java.logging")
            .exports(SAMPLE)
            .exports("sample.friends", Set.of("friend"))
            .packages(Set.of("sample.internal"))
            .uses("sample.internal.Service")
            .provides("sample.internal.Service", List.of("sample.internal.Provider"))
            .build();

    @Test
    void everyVisibleThingIsToldAndNothingElse() {
        assertThat(PublicApi.of(MODULE, classFilesOf(Shelf.class))).containsExactly("""
                module sample
                requires java.logging
                requires static transitive org.jspecify
                uses sample.internal.Service
                provides sample.internal.Service with sample.internal.Provider

                @NullMarked package dev.mainstay.verification.api.sample

                public abstract class Shelf<T extends Comparable<? super T> & java.io.Serializable, \
                X extends Exception> implements java.util.concurrent.Callable<@Nullable T>
                  protected final java.util.@Nullable List<? extends @Nullable T> things
                  public static final Object LOCK
                  public static final String NAME = "a \\"shelf\\""
                  public static final boolean OPEN = true
                  public static final char SIDE = 'l'
                  public static final long CAPACITY = 1099511627776L
                  protected Shelf(int)
                  @Deprecated(since = "1", forRemoval = false) public final void close()
                  public abstract <Y extends X, K extends @Nullable Object> \
                java.util.Map.@Nullable Entry<K, java.util.List<?>> find(K, @Nullable String @Nullable [], int[][]) \
                throws Y, java.io.IOException
                  protected static void put(Shelf.Kind, @Nullable Object...)

                public @interface Shelf.Fragile
                  public Class<?> because()
                  public String[] to() default {"a", "b"}
                  public int value() default 7

                protected abstract static class Shelf.Inside
                  protected Shelf.Inside()
                  protected abstract void open()

                public enum Shelf.Kind
                  WIDE
                  NARROW
                  public boolean fits()

                public record Shelf.Label(String text, java.util.List<@Nullable String> others) implements Shelf.Mark
                  public Shelf.Label(String)

                public sealed interface Shelf.Mark extends java.io.Serializable permits Shelf.Label, Shelf.Sign
                  public static final int LENGTH = 3
                  public default boolean isEmpty()
                  public static Shelf.Mark none()
                  public String text()

                public static final class Shelf.Sign implements Shelf.Mark
                  public String text()
                """.split("\n"));
    }

    @Test
    void whatIsNotExportedIsNotTold() {
        ModuleDescriptor closed =
                ModuleDescriptor.newModule("closed").packages(Set.of(SAMPLE)).build();

        assertThat(PublicApi.of(closed, classFilesOf(Shelf.class))).containsExactly("module closed");
    }

    @Test
    void aPublicTypeThatInheritsFromAHiddenOneIsRejected() {
        assertThatThrownBy(() -> PublicApi.of(MODULE, classFilesOf(Exposed.class)))
                .hasMessageContaining("sample/Exposed is public and inherits from")
                .hasMessageContaining("sample/Unseen");
    }

    private static List<byte[]> classFilesOf(Class<?> type) {
        List<byte[]> files = new ArrayList<>();
        files.add(file(type, "package-info"));
        add(type, files);
        return files;
    }

    private static void add(Class<?> type, List<byte[]> files) {
        files.add(file(type, type.getName().substring(type.getPackageName().length() + 1)));
        for (Class<?> nested : type.getDeclaredClasses()) {
            add(nested, files);
        }
        if (type.getSuperclass() != null && type.getSuperclass().getPackage() == type.getPackage()) {
            add(type.getSuperclass(), files);
        }
    }

    private static byte[] file(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name + ".class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
