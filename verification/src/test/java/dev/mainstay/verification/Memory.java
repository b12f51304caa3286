package dev.mainstay.verification;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that objects of ours hold, field by field, as far as they can be reached from one of them without passing the
 * clock: for whoever wants to know what was written in between.
 */
final class Memory {

    private static final String OURS = "dev.mainstay.";
    private static final String TIME = "dev.mainstay.time.";
    private static final String ATOMICS = "java.util.concurrent.atomic.";

    /** By where it is: numbers as they are, objects as which one it is. */
    private final Map<String, @Nullable Object> contents = new TreeMap<>();

    private final IdentityHashMap<Object, Integer> numbers;

    private Memory(IdentityHashMap<Object, Integer> numbers) {
        this.numbers = numbers;
    }

    static Memory of(Object root) {
        return of(root, new IdentityHashMap<>());
    }

    private static Memory of(Object root, IdentityHashMap<Object, Integer> numbers) {
        Memory memory = new Memory(numbers);
        Deque<Object> found = new ArrayDeque<>();
        IdentityHashMap<Object, Boolean> seen = new IdentityHashMap<>();
        found.add(root);
        while (!found.isEmpty()) {
            Object object = found.remove();
            if (seen.put(object, true) == null) {
                memory.note(object, found);
            }
        }
        return memory;
    }

    /** Where the same objects hold something else than before. */
    static Set<String> writtenSince(Memory before, Object root) {
        Memory after = of(root, before.numbers);
        Set<String> written = new TreeSet<>();
        after.contents.forEach((place, value) -> {
            if (!before.contents.containsKey(place) || !Objects.equals(before.contents.get(place), value)) {
                written.add(place.replaceFirst("^#\\d+ ", ""));
            }
        });
        return written;
    }

    private void note(Object object, Deque<Object> found) {
        String where = "#" + number(object) + " ";
        Class<?> type = object.getClass();
        if (type.isArray()) {
            for (int i = 0; i < Array.getLength(object); i++) {
                note(
                        where + type.getSimpleName() + i,
                        type.getComponentType().isPrimitive(),
                        Array.get(object, i),
                        found);
            }
        } else if (type.getName().startsWith(ATOMICS)) {
            contents.put(where + type.getSimpleName(), object.toString());
        } else if (type.getName().startsWith(OURS) && !type.getName().startsWith(TIME) && !type.isHidden()) {
            for (Class<?> declaring = type;
                    declaring.getName().startsWith(OURS);
                    declaring = declaring.getSuperclass()) {
                for (Field field : declaring.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        String place = where + declaring.getSimpleName() + "." + field.getName();
                        note(place, field.getType().isPrimitive(), read(field, object), found);
                    }
                }
            }
        }
    }

    private void note(String place, boolean primitive, @Nullable Object value, Deque<Object> found) {
        contents.put(place, primitive || value == null ? value : number(value));
        if (!primitive && value != null) {
            found.add(value);
        }
    }

    private Integer number(Object object) {
        return numbers.computeIfAbsent(object, fresh -> numbers.size());
    }

    private static @Nullable Object read(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
