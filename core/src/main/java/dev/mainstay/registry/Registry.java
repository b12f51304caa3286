package dev.mainstay.registry;

class Registry {}
