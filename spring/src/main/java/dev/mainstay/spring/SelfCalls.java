package dev.mainstay.spring;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.util.ClassUtils;

/**
 * Calls in the code of a class to an annotated method of its own, which do not come through the proxy. The receiver is
 * not known, so that a call of another bean of the same class is told as well.
 */
final class SelfCalls {

    private SelfCalls() {}

    /** A sentence for each; none if the class file cannot be read. */
    static Set<String> of(Class<?> type, Set<Method> guarded) {
        Set<String> own = guarded.stream()
                .map(method -> method.getName() + Type.getMethodDescriptor(method))
                .collect(Collectors.toSet());
        Set<String> found = new LinkedHashSet<>();
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            try (InputStream file = each.getResourceAsStream(ClassUtils.getClassFileName(each))) {
                if (file != null) {
                    new ClassReader(file)
                            .accept(new Visitor(type, own, found), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
                }
            } catch (IOException | IllegalArgumentException unreadable) {
                // Of a class file that is newer than the reader, nothing can be told.
                return found;
            }
        }
        return found;
    }

    private static final class Visitor extends ClassVisitor {

        private final Class<?> type;
        private final Set<String> guarded;
        private final Set<String> found;
        private final Set<String> owners = new LinkedHashSet<>();

        Visitor(Class<?> type, Set<String> guarded, Set<String> found) {
            super(SpringAsmInfo.ASM_VERSION);
            this.type = type;
            this.guarded = guarded;
            this.found = found;
            for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
                owners.add(Type.getInternalName(each));
            }
        }

        @Override
        public MethodVisitor visitMethod(
                int access,
                String caller,
                String descriptor,
                @Nullable String signature,
                String @Nullable [] exceptions) {
            return new MethodVisitor(SpringAsmInfo.ASM_VERSION) {
                @Override
                public void visitMethodInsn(int opcode, String owner, String name, String callee, boolean isInterface) {
                    boolean bridge = (access & Opcodes.ACC_BRIDGE) != 0;
                    if (!bridge
                            && opcode == Opcodes.INVOKEVIRTUAL
                            && owners.contains(owner)
                            && guarded.contains(name + callee)) {
                        found.add(Signature.simple(type) + "." + plain(caller) + " calls " + name
                                + " of its own class: a call that a bean makes to itself is not guarded. Move " + name
                                + " to a bean of its own");
                    }
                }
            };
        }

        /** The body of a lambda is a method of its own, named after the one that it stands in. */
        private static String plain(String caller) {
            return caller.startsWith("lambda$")
                    ? caller.substring("lambda$".length(), caller.lastIndexOf('$'))
                    : caller;
        }
    }
}
