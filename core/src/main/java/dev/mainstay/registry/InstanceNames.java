package dev.mainstay.registry;

import dev.mainstay.safe.SafeText;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The names of instances, made from their keys: one line of bounded length each, and no two alike.
 *
 * <ul>
 *   <li>A string is its own name: {@code hosts[example.com]}.
 * <li>A string that is too long or has control characters, or that looks like one of the names below, gets a hash of
 * its text: {@code hosts[http://exam… #5f2c7a01b3d4e695]}.
 *   <li>A number, a UUID or an enum constant gets its type: {@code hosts[1 #Integer]}.
 * <li>Any other key gets its type and its hash code, and a number if that is taken: {@code hosts[EU #Region-7f3a]}.
 * Such names are reserved as long as the key has an entry.
 * </ul>
 *
 * <p>Safe for use by many threads.
 */
final class InstanceNames {

    private static final String MARK = " #";
    private static final String SHARED = "shared";

    private final String owner;

    /** Names that are reserved, with their keys. */
    private final ConcurrentMap<String, Object> reserved = new ConcurrentHashMap<>();

    InstanceNames(String owner) {
        this.owner = owner;
    }

    /** The name of the instance that keys share. */
    String shared() {
        return in(SHARED);
    }

    /** The name of a key's instance. */
    InstanceName of(Object key) {
        if (key instanceof String text) {
            return new InstanceName(in(ofString(text)), null);
        }
        String text = SafeText.of(key) + MARK + SafeText.of(key.getClass().getSimpleName());
        if (isPlainValue(key)) {
            return new InstanceName(in(text), null);
        }
        String name = reserve(key instanceof Enum ? text : text + "-" + Integer.toHexString(hashOf(key)), key);
        return new InstanceName(name, name);
    }

    /** Gives a reserved name back. */
    void release(@Nullable String name, Object key) {
        if (name != null) {
            reserved.computeIfPresent(name, (its, owner) -> isSame(owner, key) ? null : owner);
        }
    }

    private String in(String text) {
        return owner + "[" + text + "]";
    }

    private static String ofString(String key) {
        String text = SafeText.of(key);
        return text.equals(key) && !text.contains(MARK) && !text.equals(SHARED) ? text : text + MARK + digest(key);
    }

    /** Whether different values of the type have different texts, and the type's simple name says which it is. */
    private static boolean isPlainValue(Object key) {
        return key instanceof Integer
                || key instanceof Long
                || key instanceof Short
                || key instanceof Byte
                || key instanceof Boolean
                || key instanceof UUID;
    }

    private String reserve(String text, Object key) {
        String name = in(text);
        int number = 1;
        while (true) {
            Object owner = reserved.putIfAbsent(name, key);
            if (owner == null || isSame(owner, key)) {
                return name;
            }
            number++;
            name = in(text + "-" + number);
        }
    }

    private static boolean isSame(Object owner, Object key) {
        try {
            return owner == key || key.equals(owner);
        } catch (Throwable broken) {
            return false;
        }
    }

    private static int hashOf(Object key) {
        try {
            return key.hashCode();
        } catch (Throwable broken) {
            return 0;
        }
    }

    /**
     * Keys may be chosen by somebody who wants to be taken for another, so that a hash which can be inverted would not
     * do.
     */
    private static String digest(String text) {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(Character.BYTES * text.length());
            bytes.asCharBuffer().put(text);
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * A name.
     *
     * @param reserved the same if it has to be given back, otherwise null
     */
    record InstanceName(String text, @Nullable String reserved) {}
}
