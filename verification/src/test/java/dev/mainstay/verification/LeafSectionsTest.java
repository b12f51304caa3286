package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import dev.mainstay.safe.LeafSection;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Monitors are held around plain reads and writes only, since no other section survives a stack that is full: read from
 * the byte code of every production class.
 */
class LeafSectionsTest {

    private static final JavaClasses PRODUCTION = ArchitectureTest.production();

    private static final Set<String> COMPARE_AND_SETS =
            Set.of("compareAndSet", "compareAndExchange", "weakCompareAndSet", "getAndAdd", "getAndSet");

    @Test
    void everyMonitorIsMarkedAndHeldAroundPlainReadsAndWritesOnly() {
        List<String> violations =
                PRODUCTION.stream().flatMap(LeafSectionsTest::violationsIn).toList();
        assertThat(violations).isEmpty();
    }

    @Test
    void whatIsMarkedHoldsAMonitor() {
        assertThat(PRODUCTION.stream()
                        .flatMap(LeafSectionsTest::methodsOf)
                        .filter(LeafSectionsTest::isMarked)
                        .toList())
                .isNotEmpty()
                .allMatch(method -> !regionsOf(method).isEmpty());
    }

    /** The check itself finds what it looks for. */
    @Test
    void aSectionThatCallsOrAllocatesIsFound() {
        assertThat(violationsIn(nodeOf(Sections.class.getName(), open(Sections.class))))
                .anyMatch(violation -> violation.contains("calls"))
                .anyMatch(violation -> violation.contains("allocates"))
                .anyMatch(violation -> violation.contains("unmarked"))
                .anyMatch(violation -> violation.contains("twice") && violation.contains("compare-and-sets"))
                .noneMatch(violation -> violation.contains("fine"));
    }

    @SuppressWarnings("unused")
    private static final class Sections {

        private static final VarHandle VALUE = ConstantBootstraps.fieldVarHandle(
                MethodHandles.lookup(), "value", VarHandle.class, Sections.class, int.class);

        private volatile int value;
        private int number;
        private Object thing;

        @LeafSection
        synchronized void fine() {
            number++;
        }

        @LeafSection
        void fineBlock() {
            int before = hashCode();
            synchronized (this) {
                number++;
            }
            int after = hashCode();
        }

        @LeafSection
        synchronized void calls() {
            int ignored = hashCode();
        }

        @LeafSection
        void allocates() {
            synchronized (this) {
                thing = new int[1];
            }
        }

        @LeafSection
        synchronized void twice() {
            if (VALUE.compareAndSet(this, 1, 2)) {
                VALUE.compareAndSet(this, 2, 3);
            }
        }

        @LeafSection
        synchronized boolean fineEitherWay() {
            return number == 0 ? VALUE.compareAndSet(this, 1, 2) : VALUE.compareAndSet(this, 2, 3);
        }

        void unmarked() {
            synchronized (this) {
                number++;
            }
        }
    }

    private static Stream<String> violationsIn(JavaClass type) {
        try {
            return violationsIn(nodeOf(
                            type.getName(),
                            type.getSource().orElseThrow().getUri().toURL().openStream()))
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> violationsIn(ClassNode type) {
        List<String> violations = new ArrayList<>();
        for (MethodNode method : type.methods) {
            String name = type.name + "." + method.name;
            List<List<AbstractInsnNode>> regions = regionsOf(method);
            if (!regions.isEmpty() && !isMarked(method)) {
                violations.add(name + " holds an unmarked monitor");
            }
            for (List<AbstractInsnNode> region : regions) {
                if (mostCompareAndSets(region) > 1) {
                    violations.add(name + " may do two compare-and-sets in a leaf section");
                }
                for (AbstractInsnNode instruction : region) {
                    switch (instruction.getOpcode()) {
                        case Opcodes.NEW, Opcodes.NEWARRAY, Opcodes.ANEWARRAY, Opcodes.MULTIANEWARRAY ->
                            violations.add(name + " allocates in a leaf section");
                        case Opcodes.INVOKEDYNAMIC,
                                Opcodes.INVOKEINTERFACE,
                                Opcodes.INVOKESPECIAL,
                                Opcodes.INVOKESTATIC -> violations.add(name + " calls something in a leaf section");
                        case Opcodes.INVOKEVIRTUAL -> {
                            if (!isCompareAndSet(instruction)) {
                                violations.add(
                                        name + " calls " + ((MethodInsnNode) instruction).name + " in a leaf section");
                            }
                        }
                        default -> {}
                    }
                }
            }
        }
        return violations;
    }

    private static boolean isCompareAndSet(AbstractInsnNode instruction) {
        return instruction instanceof MethodInsnNode call && COMPARE_AND_SETS.contains(call.name);
    }

    /** On the way through the section on which there are most; two, if one may be repeated. */
    private static int mostCompareAndSets(List<AbstractInsnNode> region) {
        return region.isEmpty() ? 0 : mostCompareAndSets(region.get(0), new HashSet<>(region), new HashSet<>(), 0);
    }

    private static int mostCompareAndSets(
            AbstractInsnNode from, Set<AbstractInsnNode> region, Set<AbstractInsnNode> way, int before) {
        if (!region.contains(from) || before > 1) {
            return before;
        }
        if (!way.add(from)) {
            return before;
        }
        int sets = before + (isCompareAndSet(from) ? 1 : 0);
        int most = sets;
        for (AbstractInsnNode next : successorsOf(from)) {
            most = Math.max(most, mostCompareAndSets(next, region, way, sets));
        }
        way.remove(from);
        return most;
    }

    private static List<AbstractInsnNode> successorsOf(AbstractInsnNode instruction) {
        List<AbstractInsnNode> successors = new ArrayList<>();
        int opcode = instruction.getOpcode();
        boolean ends = opcode == Opcodes.ATHROW || (opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN);
        if (instruction instanceof JumpInsnNode jump) {
            successors.add(jump.label);
        }
        if (!ends && opcode != Opcodes.GOTO && instruction.getNext() != null) {
            successors.add(instruction.getNext());
        }
        return successors;
    }

    /**
     * What a method does while it holds a monitor: all of it, or from where it takes one up to where it gives it back
     * for whatever was thrown.
     */
    private static List<List<AbstractInsnNode>> regionsOf(MethodNode method) {
        List<List<AbstractInsnNode>> regions = new ArrayList<>();
        List<AbstractInsnNode> region = null;
        if ((method.access & Opcodes.ACC_SYNCHRONIZED) != 0) {
            region = new ArrayList<>();
            regions.add(region);
        }
        boolean whole = region != null;
        boolean exited = false;
        for (AbstractInsnNode instruction : method.instructions) {
            int opcode = instruction.getOpcode();
            if (!whole && opcode == Opcodes.MONITORENTER) {
                region = new ArrayList<>();
                regions.add(region);
                exited = false;
            } else if (region != null) {
                region.add(instruction);
                exited |= opcode == Opcodes.MONITOREXIT;
                if (!whole && exited && opcode == Opcodes.ATHROW) {
                    region = null;
                }
            }
        }
        return regions;
    }

    /** A bridge, which only calls the method that it stands for, has that one's annotations. */
    private static boolean isMarked(MethodNode method) {
        List<AnnotationNode> annotations = method.invisibleAnnotations;
        return annotations != null
                && (method.access & Opcodes.ACC_BRIDGE) == 0
                && annotations.stream().anyMatch(each -> each.desc.equals(Type.getDescriptor(LeafSection.class)));
    }

    private static Stream<MethodNode> methodsOf(JavaClass type) {
        try {
            return nodeOf(
                    type.getName(),
                    type.getSource().orElseThrow().getUri().toURL().openStream())
                    .methods
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(Class<?> type) {
        return type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class");
    }

    private static ClassNode nodeOf(String name, InputStream bytes) {
        try (bytes) {
            ClassNode node = new ClassNode();
            new ClassReader(bytes).accept(node, ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
