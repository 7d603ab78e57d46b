import Testing

/// Tests over real sockets. One at a time: they measure what happens within milliseconds.
@Suite(.serialized) enum Integration {}
