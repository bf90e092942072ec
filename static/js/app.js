// The desk's own scripts live here, one module per behaviour.
