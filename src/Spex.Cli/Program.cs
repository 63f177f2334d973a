Console.WriteLine("spex");
