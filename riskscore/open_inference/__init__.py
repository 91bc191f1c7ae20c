"""The Open Inference Protocol (KServe V2): its objects, and tensors to articles and back."""
