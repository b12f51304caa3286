/** Auto-configuration of Mainstay for Spring Boot. */
@NullMarked
package dev.mainstay.spring.boot;

import org.jspecify.annotations.NullMarked;
